"""The fields of dialect `splp`, and the port's answer where a code has no number."""

from collections.abc import Callable

import httpx
import pytest

from mrk_schemas.cases import Case
from mrk_schemas.ids import LaporTicket
from mrk_schemas.reports import Kind, Report
from mrk_spanlapor_bridge.domain.filing import Filing, Names, Reporter, compose
from mrk_spanlapor_bridge.domain.follow_up import FollowUp
from mrk_spanlapor_bridge.domain.reply import Rejected
from mrk_spanlapor_bridge.gateways.splp import (
    Access,
    Codes,
    Splp,
    complaint_fields,
    follow_up_fields,
)

SITI = Reporter("Siti", "siti@example.org", None)
CODES = Codes(
    institutions={"sdabmbk": 7101, "diskominfo": 7118},
    categories={"roads": 301, "others": 348},
    classifications={"complaint": 1, "aspiration": 2, "information": 3},
    desk="diskominfo",
    user_id=41,
    channel=13,
)


@pytest.fixture
def filing(report: Callable[..., Report], case: Callable[..., Case]) -> Callable[..., Filing]:
    def make(**changed: object) -> Filing:
        return compose(
            report(kind=changed.pop("kind", Kind.COMPLAINT), anonymous=True, confidential=True),
            case(**changed),
            Names({}, {}, {}),
        )

    return make


def test_codes_flags_and_reference_are_translated(filing: Callable[..., Filing]) -> None:
    fields = complaint_fields(filing(), SITI, CODES)
    assert (fields["classification_id"], fields["category_id"], fields["disposition_id"]) == (
        1,
        301,
        7101,
    )
    assert (fields["is_anonymous"], fields["is_secret"], fields["is_priority"]) == (
        True,
        True,
        False,
    )
    assert (fields["tags_raw"], fields["channel"]) == ("7K3-Q9W-XTC", 13)
    assert fields["attachments"] == "[]"  # a text there, never a list


def test_the_date_is_local(filing: Callable[..., Filing]) -> None:
    # received on 2 March at 20:30 UTC: already the 3rd in Medan
    assert complaint_fields(filing(), SITI, CODES)["date_of_incident"] == "2026-03-03"


def test_a_case_without_owner_is_left_to_the_national_desk(filing: Callable[..., Filing]) -> None:
    fields = complaint_fields(filing(owner=None, category=None), SITI, CODES)
    assert (fields["is_disposisi_slider"], fields["disposition_id"]) == (False, None)
    assert fields["category_id"] == 348


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"owner": "bpbd"}, "institution for 'bpbd'"),
        ({"category": "markets"}, "category for 'markets'"),
        ({"kind": Kind.WHISTLEBLOWING}, "classification for 'whistleblowing'"),
    ],
)
async def test_a_code_without_a_number_is_refused_before_anything_is_sent(
    filing: Callable[..., Filing], changed: dict[str, object], named: str
) -> None:
    def unwanted(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    async with httpx.AsyncClient(transport=httpx.MockTransport(unwanted)) as client:
        splp = Splp(client, CODES, timeout_s=1, lookup=True)
        reply = await splp.file(filing(**changed), SITI)
    assert isinstance(reply, Rejected)
    assert reply.reason.endswith(named)


def test_the_desk_speaks_where_no_agency_does(fact: Callable[..., FollowUp]) -> None:
    fields = follow_up_fields(LaporTicket("7000001"), fact(by="routing", owner=None), CODES)
    assert (fields["institution_from_id"], fields["institution_to_id"]) == ("7118", "7118")
    assert (fields["user_id"], fields["is_secret"]) == ("41", "0")
    own = follow_up_fields(LaporTicket("7000001"), fact(confidential=True), CODES)
    assert (own["institution_from_id"], own["is_secret"]) == ("7101", "1")


def test_credentials_stand_in_the_headers_that_settings_name_and_in_no_repr() -> None:
    access = Access("http://lapor.example", "b" * 8, "t" * 8, auth_header="auth")
    headers = access.client().headers
    assert (headers["auth"], headers["token"]) == ("Bearer " + "b" * 8, "t" * 8)
    assert "authorization" not in headers
    assert "bbbb" not in repr(access)
