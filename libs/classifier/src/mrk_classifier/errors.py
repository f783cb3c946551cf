"""What is wrong with a model's file."""

from pathlib import Path


class ModelError(Exception):
    """A file holds no model that can be used; ``file``, ``reason`` and ``mend`` say why."""

    def __init__(self, file: Path, reason: str, mend: str) -> None:
        self.file, self.reason, self.mend = file, reason, mend
        super().__init__(f"{file}: {reason} — {mend}")
