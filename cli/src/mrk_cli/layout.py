"""Where a local stack keeps what: one data folder holds all of it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The folders and files under one data folder.

    Args:
        data: the folder; `absolute` makes one from what a person typed.
    """

    data: Path

    @classmethod
    def absolute(cls, data: Path) -> "Layout":
        """The layout of a folder named relative to the working folder."""
        return cls(data.expanduser().absolute())

    @property
    def kafka(self) -> Path:
        """The broker's data."""
        return self.data / "kafka"

    @property
    def postgres(self) -> Path:
        """The database server's data."""
        return self.data / "postgres"

    @property
    def attachments(self) -> Path:
        """Residents' photos and documents, encrypted."""
        return self.data / "attachments"

    @property
    def secrets(self) -> Path:
        """Generated keys, tokens and passwords; mode 700, its files 600."""
        return self.data / "secrets"

    @property
    def logs(self) -> Path:
        """One log file for each role."""
        return self.data / "logs"

    @property
    def run(self) -> Path:
        """What runs now: process records and the supervisor's lock."""
        return self.data / "run"

    @property
    def state(self) -> Path:
        """What runs and where it listens; mode 600, since addresses hold passwords."""
        return self.data / "state.json"

    @property
    def ports(self) -> Path:
        """The ports chosen at the first start, kept for the next."""
        return self.data / "ports.json"

    @property
    def notices(self) -> Path:
        """What the supervisor told, one JSON object a line; a detached start is followed here."""
        return self.data / "notices.jsonl"

    def log(self, name: str) -> Path:
        """The log of one role ("intake.http")."""
        return self.logs / f"{name}.log"

    def record(self, name: str) -> Path:
        """The process record of one role."""
        return self.run / f"{name}.json"
