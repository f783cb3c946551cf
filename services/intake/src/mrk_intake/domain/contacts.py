"""Phone numbers and e-mail addresses, as far as they can be judged without trying them."""

import re
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

HOME_REGION: Final = "ID"
_LONGEST_PHONE: Final = 32


def _mobile_pattern() -> str:
    found = phonenumbers.PhoneMetadata.metadata_for_region(HOME_REGION)
    if found is None or found.mobile is None or found.mobile.national_number_pattern is None:
        raise RuntimeError("phonenumbers knows no mobile numbers of Indonesia")
    return str(found.mobile.national_number_pattern)


_LONGEST_EMAIL: Final = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
_LONGEST_LOCAL: Final = 64  # RFC 5321, 4.5.3.1.1
_REACHABLE: Final = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)
# Most numbers are Indonesian mobiles: the library's own pattern, without its 30 microseconds.
_BETWEEN: Final = re.compile(r"[ .()-]")
_USUAL: Final = re.compile(r"(?:\+62|0)(" + _mobile_pattern() + ")", re.ASCII)
_EMAIL: Final = re.compile(
    r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+"
    r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?!\d+$)[^\W_][\w-]{0,61}[^\W_]"
)


def phone(written: str) -> str | None:
    """The number in E.164, such as `+6281234567890`; None when it is nobody's.

    A number without a country belongs to Indonesia. Emergency and service numbers, such as 112,
    are no way to reach a reporter.
    """
    if len(written) > _LONGEST_PHONE:
        return None
    usual = _USUAL.fullmatch(_BETWEEN.sub("", written))
    if usual is not None:
        return f"+62{usual[1]}"
    try:
        number = phonenumbers.parse(written, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    if phonenumbers.number_type(number) not in _REACHABLE:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def email(written: str) -> str | None:
    """The address, its domain in lower case; None when no mail can go there."""
    if len(written) > _LONGEST_EMAIL or not _EMAIL.fullmatch(written):
        return None
    local, _, domain = written.rpartition("@")
    if len(local) > _LONGEST_LOCAL or local.startswith(".") or local.endswith("."):
        return None
    return None if ".." in local else f"{local}@{domain.lower()}"
