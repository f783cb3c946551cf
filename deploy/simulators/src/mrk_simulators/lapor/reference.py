"""What the national system knows of itself: institutions, classes, categories, templates.

The real numeric ids and codes are not public. The built-in ones are invented; a reference file
replaces them, section by section.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from mrk_simulators.lapor.masters import CATEGORIES, CLASSIFICATIONS, INSTITUTIONS
from mrk_simulators.process import ExitCode, StartupError


class State(StrEnum):
    """The states and administrator's outcomes that public pages of SP4N-LAPOR! show."""

    WAITING = "waiting"
    COORDINATION = "coordination"
    DISPOSITION = "disposition"
    PROCESS = "in-process"
    FINISHED = "done"
    HELD = "held"
    NOT_AUTHORITY = "not-our-authority"
    ARCHIVED = "archived"


@dataclass(frozen=True)
class Status:
    """A state as the interface tells it: a code (invented unless configured) and its name."""

    code: str
    name: str


@dataclass(frozen=True)
class Template:
    """A text with placeholders such as `{{institution_to}}`, and the state that using it sets."""

    code: str
    name: str
    content: str
    state: State | None = None


Names = Mapping[int, str]


@dataclass(frozen=True)
class Reference:
    """The reference data in force.

    Attributes:
        strict: sections that came from a file; ids outside them are refused as invalid, while
            the built-in ones accept any id.
    """

    statuses: Mapping[State, Status]
    institutions: Names
    classifications: Names
    categories: Names
    templates: Mapping[str, Template]
    strict: frozenset[str] = field(default_factory=frozenset)

    def institution(self, identifier: int | None) -> str | None:
        """The institution's name; one that the built-in list lacks is shown by its id."""
        if identifier is None:
            return None
        return self.institutions.get(identifier, f"Instansi {identifier}")

    def refuses(self, section: str, identifier: int) -> bool:
        """Whether `identifier` is unknown in a section that came from a file."""
        names: Names = getattr(self, section)
        return section in self.strict and identifier not in names


BUILT_IN = Reference(
    statuses={
        State.WAITING: Status("1", "Menunggu"),
        State.COORDINATION: Status("2", "Koordinasi"),
        State.DISPOSITION: Status("3", "Disposisi"),
        State.PROCESS: Status("4", "Proses"),
        State.FINISHED: Status("5", "Selesai"),
        State.HELD: Status("6", "Tunda"),
        State.NOT_AUTHORITY: Status("7", "Bukan Wewenang"),
        State.ARCHIVED: Status("8", "Arsip"),
    },
    institutions=INSTITUTIONS,
    classifications=CLASSIFICATIONS,
    categories=CATEGORIES,
    templates={
        template.code: template
        for template in (
            Template("followup", "Tindak lanjut", "Tindak lanjut dari {{institution_from}}"),
            Template("reply", "Balasan", "Balasan dari {{institution_from}}"),
            Template(
                "disposition",
                "Disposisi",
                "Laporan didisposisikan {{institution_from}} ke {{institution_to}}",
                State.DISPOSITION,
            ),
            Template(
                "status",
                "Perubahan status",
                "Status laporan berubah dari {{status_old}} menjadi {{status_new}}",
            ),
            Template(
                "finish", "Selesai", "Laporan diselesaikan {{institution_from}}", State.FINISHED
            ),
            Template("hold", "Tunda", "Laporan ditunda: data tambahan diperlukan", State.HELD),
            Template(
                "not_authority",
                "Bukan wewenang",
                "Bukan wewenang {{institution_from}}; diminta diteruskan ke {{institution_to}}",
                State.NOT_AUTHORITY,
            ),
        )
    },
)


def load_reference(path: Path | None) -> Reference:
    """The built-in reference data, each section replaced by the file's where it has one.

    The file (YAML, or JSON when its name ends so) has the form of a city pack's `lapor.yaml`:
    `institutions`, `classifications`, `categories`: our code → id, or a list of {id, name};
    `states`: the national code → {state, name}; `templates`: a list of {code, name, content,
    state}. Other keys belong to others and are ignored.

    Raises:
        StartupError: the file cannot be read, or a section has another form.
    """
    if path is None:
        return BUILT_IN
    try:
        return _merge(_parse(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StartupError(
            ExitCode.USAGE, f"the reference file {path} is not understood: {error!r}"
        ) from error


def _parse(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        raw = json.loads(text)
    else:
        import yaml  # noqa: PLC0415  # only a start with a YAML file pays for it

        try:
            raw = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(str(error)) from error
    if not isinstance(raw, dict):
        raise TypeError("it is not a mapping")
    return raw


def _merge(raw: dict[str, Any]) -> Reference:
    statuses = dict(BUILT_IN.statuses)
    for code, given in raw.get("states", {}).items():
        statuses[State(given["state"])] = Status(str(code), str(given["name"]))
    templates = {
        str(item["code"]): Template(
            str(item["code"]),
            str(item.get("name", item["code"])),
            str(item.get("content", "")),
            State(item["state"]) if item.get("state") else None,
        )
        for item in raw.get("templates", [])
    }
    return Reference(
        statuses=statuses,
        institutions=_names(raw, "institutions", BUILT_IN.institutions),
        classifications=_names(raw, "classifications", BUILT_IN.classifications),
        categories=_names(raw, "categories", BUILT_IN.categories),
        templates={**BUILT_IN.templates, **templates},
        strict=frozenset(
            section
            for section in ("institutions", "classifications", "categories")
            if raw.get(section)
        ),
    )


def _names(raw: dict[str, Any], section: str, built_in: Names) -> Names:
    given = raw.get(section)
    if not given:
        return built_in
    if isinstance(given, dict):
        # Codes without names: the built-in name where the id is the same.
        return {int(number): built_in.get(int(number), str(code)) for code, number in given.items()}
    return {int(item["id"]): str(item["name"]) for item in given}
