"""Settings from environment variables and from files, with every error named at once.

A setting `MRK_INTAKE_VAULT_KEY` may come as `MRK_INTAKE_VAULT_KEY_FILE=/run/secrets/key`: its
value is then the file's text without the line end. Both at once is an error. No message holds
a value: any of them may be a secret.
"""

import difflib
import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

EX_CONFIG: Final = 78  # sysexits.h: something was found in an unconfigured or misconfigured state
_FILE: Final = "_FILE"
_WORDS: Final = re.compile(r"\w+")
_TELLING: Final = 4  # a shorter part of a value is likely a word of the message itself


class RoleSettings(BaseSettings):
    """Base of a role's settings: frozen, without unknown arguments.

    A subclass sets `model_config = SettingsConfigDict(env_prefix="MRK_INTAKE_")` and gives each
    field a `description`, which is shown as the mend. Build it by `load_settings`; in tests by
    arguments.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments alone: `load_settings` reads the environment and names every error.

        pydantic-settings' own sources stop at the first value that is not JSON and know no
        `_FILE`; and what is built by arguments must not depend on the caller's environment.
        """
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


SettingsT = TypeVar("SettingsT", bound=RoleSettings)


def load_settings(cls: type[SettingsT], environ: Mapping[str, str] | None = None) -> SettingsT:
    """The settings, or the end of the process.

    All wrong and missing variables are printed to stderr at once, by their names, each with its
    mend; then the process exits with 78 (EX_CONFIG).

    Args:
        cls: the settings' class.
        environ: variables to read; the process's own when None.

    Raises:
        SystemExit: with code 78.
    """
    environment = os.environ if environ is None else environ
    values, problems = read_environment(cls, environment)
    try:
        settings = cls(**values)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_context=False, include_input=False):
            field = _field(cls, each["loc"])
            problems.setdefault(field, _told(each["type"], each["msg"], values.get(field)))
    else:
        if not problems:
            return settings
    sys.stderr.write(_report(cls, problems, environment))
    sys.stderr.flush()
    raise SystemExit(EX_CONFIG)


def env_name(cls: type[RoleSettings], field: str) -> str:
    """The variable's name of a field: its alias, or prefix and field in capitals."""
    alias = cls.model_fields[field].validation_alias
    if isinstance(alias, str):
        return alias
    return f"{cls.model_config.get('env_prefix', '')}{field}".upper()


def read_environment(
    cls: type[RoleSettings], environ: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values given for a class's fields, and what is wrong with giving them, by field."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    is_complex = InitSettingsSource(cls, {}).field_is_complex
    for field, info in cls.model_fields.items():
        name = env_name(cls, field)
        direct, path = environ.get(name), environ.get(name + _FILE)
        if direct is not None and path is not None:
            problems[field] = f"both {name} and {name}{_FILE} are set; unset one of them"
            continue
        if path is not None:
            try:
                direct = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
                problems[field] = f"{name}{_FILE} names a file that cannot be read: {why}"
                continue
        if direct == "" and not info.is_required():
            continue  # compose files pass unset variables on as empty
        if direct == "":
            problems[field] = "empty"
        elif direct is not None:
            values[field] = _structured(direct) if is_complex(info) else direct
    return values, problems


def _structured(text: str) -> object:
    if text.lstrip().startswith(("[", "{")):
        try:
            return json.loads(text)
        except ValueError:
            return text  # pydantic then names the field as wrong
    return [part.strip() for part in text.split(",") if part.strip()]


def _field(cls: type[RoleSettings], loc: tuple[int | str, ...]) -> str:
    """The field that an error's place names, by name or alias; empty for the whole."""
    place = str(loc[0]) if loc else ""
    by_alias = {info.validation_alias: name for name, info in cls.model_fields.items()}
    return by_alias.get(place, place)


def _told(kind: str, message: str, given: object) -> str:
    if kind == "missing":
        return "missing"
    # a validator of a subclass may quote what it was given, whole or in part
    if (
        kind in {"value_error", "assertion_error"}
        and given is not None
        and (not isinstance(given, str) or any(part in message for part in _parts(given)))
    ):
        return f"not acceptable ({kind})"
    return message


def _parts(given: str) -> list[str]:
    return [given, *(part for part in _WORDS.findall(given) if len(part) >= _TELLING)]


def _report(
    cls: type[RoleSettings], problems: Mapping[str, str], environ: Mapping[str, str]
) -> str:
    names = {field: env_name(cls, field) for field in cls.model_fields}
    lines = [f"{cls.__name__}: {len(problems)} setting(s) missing or wrong"]
    for field in sorted(problems, key=lambda each: names.get(each, each)):
        lines.append(f"  {names.get(field, field) or 'together'}: {problems[field]}")
        info = cls.model_fields.get(field)
        if info is not None:
            lines.append(f"    mend: {_mend(names[field], info, set(names.values()), environ)}")
    return "\n".join(lines) + "\n"


def _mend(name: str, info: FieldInfo, known: set[str], environ: Mapping[str, str]) -> str:
    wanted = f"set {name} or {name}{_FILE}"
    if info.description:
        wanted += f": {info.description}"
    if name in environ or name + _FILE in environ:
        return wanted
    strangers = [given for given in environ if given.removesuffix(_FILE) not in known]
    near = difflib.get_close_matches(name, strangers, n=1, cutoff=0.85)
    return f"{wanted} (found {near[0]}: a slip of the pen?)" if near else wanted
