"""What a camera tells becomes an offer only where it can be believed."""

import math
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mrk_intake.domain import offered
from mrk_intake.domain.attachments import Offer
from mrk_intake.domain.offers import offer

MEDAN = {1: "N", 2: (3.0, 35.0, 22.92), 3: "E", 4: (98.0, 40.0, 25.68)}
TAKEN = {36867: "2026:03:01 08:15:00", 36881: "+07:00"}


def test_place_and_time_are_offered() -> None:
    found = offer(MEDAN, TAKEN)
    assert found == Offer(3.5897, 98.6738, datetime.fromisoformat("2026-03-01T08:15:00+07:00"))
    assert offered.from_json(offered.to_json(found)) == found


def test_south_and_west_are_below_zero() -> None:
    found = offer({1: b"S\0", 2: (6, 10, 0), 3: "w", 4: (106, 30, 0)}, {})
    assert (found.lat, found.lon) == (-6.166667, -106.5)


@pytest.mark.parametrize(
    "gps",
    [
        {},
        {1: "N", 2: (3, 35, 22)},
        {**MEDAN, 2: (91, 0, 0)},
        {**MEDAN, 2: (math.nan, 0, 0)},
        {**MEDAN, 4: (math.inf, 0, 0)},
        {**MEDAN, 4: "98"},
        {**MEDAN, 4: (1, 2)},
        {**MEDAN, 4: ("a", "b", "c")},
        {1: "N", 2: (0, 0, 0), 3: "E", 4: (0, 0, 0)},
    ],
)
def test_no_place_is_better_than_a_wrong_one(gps: dict[int, Any]) -> None:
    assert not offer(gps, {})


@pytest.mark.parametrize(
    "exif",
    [
        {},
        {36867: TAKEN[36867]},
        {**TAKEN, 36867: "0000:00:00 00:00:00"},
        {**TAKEN, 36867: "1970:01:01 00:00:00"},
        {**TAKEN, 36867: b"2026"},
        {**TAKEN, 36881: "somewhere"},
    ],
)
def test_no_time_is_better_than_a_wrong_one(exif: dict[int, Any]) -> None:
    assert not offer({}, exif)


_ANYTHING = st.recursive(
    st.none() | st.text(max_size=20) | st.binary(max_size=20) | st.floats() | st.integers(),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(
    gps=st.dictionaries(st.integers(0, 4), _ANYTHING),
    exif=st.dictionaries(st.sampled_from([36867, 36881]), _ANYTHING),
)
def test_nothing_that_a_camera_writes_makes_it_raise(
    gps: dict[int, Any], exif: dict[int, Any]
) -> None:
    offer(gps, exif)
