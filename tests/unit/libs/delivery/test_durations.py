from datetime import timedelta

import pytest

from mrk_delivery.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("3d", timedelta(days=3)),
        ("2h30m", timedelta(hours=2, minutes=30)),
        ("-90s", timedelta(seconds=-90)),
        ("+1w", timedelta(weeks=1)),
        (" 0s ", timedelta()),
    ],
)
def test_durations_as_people_write_them(text: str, meant: timedelta) -> None:
    assert parse_duration(text) == meant


@pytest.mark.parametrize("text", ["", "3", "d", "3 d", "3y", "1.5h", "--1h", "9999999999w"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|calendar"):
        parse_duration(text)
