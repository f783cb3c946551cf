"""What a person's claim gives, and what Inspektorat may set."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mrk_intake.domain.access import TABLE, Endpoint, Process, Shown, Viewer, may
from mrk_intake.domain.inspection import Wanted, open_to, step_to
from mrk_intake.domain.staff import Channel, Rights, Role, rights_of
from mrk_intake.domain.timeline import Placed, shown, state_of

NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
NOTHING = Rights(frozenset(), ())
OPERATOR = frozenset({Role.OPERATOR})


@pytest.mark.parametrize(
    ("roles", "rights"),
    [
        (["operator"], Rights(OPERATOR, tuple(Channel))),
        (["operator:counter"], Rights(OPERATOR, (Channel.COUNTER,))),
        (
            ["operator:social_media", "operator:call_centre_112"],
            Rights(OPERATOR, (Channel.CALL_CENTRE_112, Channel.SOCIAL_MEDIA)),
        ),
        (["operator:counter", "operator"], Rights(OPERATOR, tuple(Channel))),
        (["operator:fax"], NOTHING),
        (["operators", "OPERATOR", "inspektorat:counter", "admin"], NOTHING),
        (["inspektorat", "offline_access"], Rights(frozenset({Role.INSPEKTORAT}), ())),
        (["inspektorat", "operator:fax"], Rights(frozenset({Role.INSPEKTORAT}), ())),
        ("inspektorat", Rights(frozenset({Role.INSPEKTORAT}), ())),
        ({"inspektorat": {"1": "medan"}}, Rights(frozenset({Role.INSPEKTORAT}), ())),
        ([7, None, ["operator"]], NOTHING),
        (None, NOTHING),
        (7, NOTHING),
    ],
)
def test_a_claim_gives_roles_and_channels(roles: Any, rights: Rights) -> None:
    assert rights_of({"roles": roles}, "roles") == rights


def test_a_claim_is_found_by_its_name_or_along_a_path() -> None:
    keycloak = {"realm_access": {"roles": ["inspektorat"]}}
    zitadel = {"urn:zitadel:iam:org:project:roles": {"inspektorat": {}}}
    dotted = {"https://medan.example/roles": ["inspektorat"]}
    assert rights_of(keycloak, "realm_access.roles").roles == {Role.INSPEKTORAT}
    assert rights_of(zitadel, "urn:zitadel:iam:org:project:roles").roles == {Role.INSPEKTORAT}
    assert rights_of(dotted, "https://medan.example/roles").roles == {Role.INSPEKTORAT}
    for absent in ("roles", "realm_access.groups", "realm_access.roles.more", ""):
        assert rights_of(keycloak, absent) == NOTHING


def test_inspektorat_examines_answers_and_ends() -> None:
    assert open_to("received") == (Wanted.EXAMINING, Wanted.CONCLUDED)
    assert open_to("examining") == (Wanted.CONCLUDED,)
    for state in ("concluded", "withdrawn", "assigned"):
        assert open_to(state) == ()
        assert step_to(state, Wanted.EXAMINING, None, NOW) is None


def test_an_answer_is_shown_masked_and_ends_the_report() -> None:
    answer = "Hubungi kami di 0812 3456 7890 bila ada bukti baru."
    step = step_to("received", Wanted.CONCLUDED, answer, NOW)
    assert step is not None
    placed = [Placed("inspektorat", 1, step)]
    assert state_of(placed) == "concluded"
    told = shown(NOW, placed)[-1]
    assert "0812" not in told["note"]
    assert told["text"]["en"] == "The Inspectorate closed the report with an answer."


def test_only_the_roles_of_the_table_come_in() -> None:
    assert may([Role.OPERATOR], "POST", "/lapor")
    assert may([Role.OPERATOR], "HEAD", "/lapor")
    assert not may([Role.INSPEKTORAT], "POST", "/lapor")
    assert not may([Role.OPERATOR], "GET", "/inspektorat")
    assert not may([], "GET", "/")
    assert not may([Role.OPERATOR, Role.INSPEKTORAT], "GET", "/nowhere")
    assert not may([Role.OPERATOR, Role.INSPEKTORAT], "DELETE", "/lapor")


@pytest.mark.parametrize(
    ("shown_", "who"),
    [
        (Shown.WHISTLE_CONTENT, {Viewer.INSPEKTORAT, Viewer.REPORTER}),
        (Shown.WHISTLE_FILE, {Viewer.INSPEKTORAT, Viewer.REPORTER}),
        (Shown.WHISTLE_CONTACT, {Viewer.INSPEKTORAT, Viewer.REPORTER, Viewer.NOTIFY}),
        (Shown.ANONYMOUS_CONTACT, {Viewer.REPORTER, Viewer.NOTIFY}),
        (Shown.CONFIDENTIAL_PLACE, {Viewer.REPORTER, Viewer.ROUTING}),
    ],
)
def test_what_is_most_private_has_few_who_see_it(shown_: Shown, who: set[Viewer]) -> None:
    found = {viewer for row in TABLE.values() for viewer in row.get(shown_, ())}
    assert found == who


def test_whistle_blowing_is_opened_by_posts_that_say_why() -> None:
    for (process, method, path), row in TABLE.items():
        if Viewer.INSPEKTORAT in row.get(Shown.WHISTLE_CONTENT, ()):
            assert (process, method) == (Process.STAFF, "POST"), path
    assert Endpoint(Process.STAFF, "POST", "/inspektorat/{number}/isi") in TABLE
