"""Which phone numbers and e-mail addresses are accepted, and in which form they are kept."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_intake.domain import contacts


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0812 3456 7890", "+6281234567890"),
        ("+62 812-3456-7890", "+6281234567890"),
        ("6281234567890", "+6281234567890"),
        ("(061) 4512412", "+62614512412"),
        ("+60 12-345 6789", "+60123456789"),
        ("112", None),
        ("110", None),
        ("4512412", None),
        ("0800 1234567", None),
        ("+62 999", None),
        ("nomor saya", None),
        ("", None),
        ("0812 3456 7890" + " " * 30, None),
    ],
)
def test_phones(written: str, kept: str | None) -> None:
    assert contacts.phone(written) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("butet@warga.example", "butet@warga.example"),
        ("Butet.S+lapor@Warga.Example", "Butet.S+lapor@warga.example"),
        ("bütet@wärga.example", "bütet@wärga.example"),
        ("butet", None),
        ("butet@", None),
        ("@warga.example", None),
        ("butet@warga", None),
        ("butet@warga..example", None),
        ("bu..tet@warga.example", None),
        (".butet@warga.example", None),
        ("bu tet@warga.example", None),
        ("butet@warga.example\r\nBcc: all@warga.example", None),
        ("<butet@warga.example>", None),
        ("a@b@warga.example", None),
        ("butet@127.0.0.1", None),
        ("x" * 65 + "@warga.example", None),
        ("x@" + "warga." * 45 + "example", None),
    ],
)
def test_emails(written: str, kept: str | None) -> None:
    assert contacts.email(written) == kept


@given(st.from_regex(r"\A(\+62|0)8[0-9]{5,12}\Z"))
def test_the_short_way_for_mobiles_judges_as_the_library_does(written: str) -> None:
    try:
        number = phonenumbers.parse(written, "ID")
    except phonenumbers.NumberParseException:
        assert contacts.phone(written) is None
        return
    kind = phonenumbers.number_type(number)
    mobile = phonenumbers.PhoneNumberType.MOBILE
    whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if phonenumbers.is_valid_number(number) and kind == mobile:
        assert contacts.phone(written) == whole
    else:
        assert contacts.phone(written) != whole or kind != phonenumbers.PhoneNumberType.UNKNOWN
