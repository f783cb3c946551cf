"""What is wrong with a pack: where, what, and how to mend it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a pack.

    Attributes:
        file: name of the file inside the pack's folder.
        line: its line, counted from 1; 0 when the file as a whole is meant.
        message: what is wrong.
        mend: what to write instead.
    """

    file: str
    line: int
    message: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} — {self.mend}"


class PackError(Exception):
    """A pack cannot be used; ``problems`` lists everything that was found, not the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, problems)))


@dataclass(slots=True)
class Problems:
    """Collects problems while the files are read."""

    found: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def add(self, file: str, line: int, message: str, mend: str) -> None:
        """Note one problem; see :class:`Problem` for the arguments."""
        self.found.append(Problem(file, line, message, mend))

    def remark(self, file: str, line: int, message: str, mend: str) -> None:
        """Note what may be meant, but is worth a look: no reason to refuse the pack."""
        self.notes.append(Problem(file, line, message, mend))

    def sorted(self) -> list[Problem]:
        """Everything found, by file and line, each once."""
        return sorted(set(self.found))
