"""Which reports can be followed, by whom, and that what is told holds no personal data."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import ValidationError

from mrk_intake.domain.actions import TABLE
from mrk_intake.domain.following import (
    NO_COMPLAINT,
    NOT_OPEN,
    Follower,
    FollowIn,
    followed,
    refusal,
    unfollowed,
)
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.submission import ReporterIn
from mrk_intake.store.masters import VaultError, WrappedKey
from mrk_intake.store.vault import Sealed, Vault
from mrk_schemas.cases import Ending
from mrk_schemas.reports import Kind, Report

ID, OTHER = UUID(int=7), UUID(int=8)
REPORT = Report.model_validate(
    {
        "complaint_id": str(UUID(int=1)), "tracking_number": "7K3-Q9W-XTC", "kind": "complaint",
        "anonymous": False, "confidential": False,
        "received_at": datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC),
    }
)  # fmt: skip
WHO = {"name": "Ucok Lubis", "email": "Ucok@warga.example", "phone": "0812 3456 7890"}


def follower(**changes: str | None) -> Follower:
    told = {name: value for name, value in (WHO | changes).items() if value is not None}
    return Follower.of(ID, ReporterIn.model_validate(told))


@pytest.mark.parametrize("state", [*TABLE, "of-a-later-version"])
def test_a_complaint_is_followed_while_it_is_worked_on(state: str) -> None:
    ended = {"resolved", *(ending.value for ending in Ending), "examining", "of-a-later-version"}
    assert refusal(Kind.COMPLAINT, state) is (NOT_OPEN if state in ended else None)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.COMPLAINT])
def test_nothing_but_a_complaint_is_followed(kind: Kind) -> None:
    assert refusal(kind, "assigned") is NO_COMPLAINT


def test_a_contact_must_be_reachable() -> None:
    for contact in ({"email": "a@warga.example"}, {"phone": "081234567890"}):
        assert FollowIn.model_validate({"contact": contact}).contact.reachable
    with pytest.raises(ValidationError, match="neither e-mail nor phone"):
        FollowIn.model_validate({"contact": {"name": "Ucok"}})


def test_what_is_told_holds_a_pseudonym_and_no_personal_data() -> None:
    told = followed(REPORT, follower(), 3)
    assert (told.report.followers, told.follower) == (3, str(ID))
    assert told.reachable_by == ("email", "phone")
    gone = unfollowed(told.report, ID, 2)
    assert gone.report.followers == 2
    for words in (told.to_json(), gone.to_json()):
        assert not any(each in words.lower() for each in (b"ucok", b"lubis", b"812"))


def test_the_same_address_is_the_same_contact_among_the_followers_of_one_report() -> None:
    keys = Keys.derive(bytes(32))
    same = {follower().address, follower(email="ucok@Warga.example", phone=None).address}
    assert len(same) == 1
    assert follower(email=None).address != follower().address
    assert follower(email=None).address == follower(email=None, phone="+62 812-3456-7890").address
    digests = {keys.contact(complaint, follower().address) for complaint in (ID, OTHER)}
    assert len(digests) == 2, "who follows two reports is not found by it"


def test_a_followers_secret_comes_from_their_own_key_alone() -> None:
    vault = Vault(bytes(32))
    key, contact = vault.seal_contact(ID, follower().identity)
    secret = vault.follow_secret(ID, key)
    assert len(secret) == 22
    assert vault.follow_secret(ID, key) == secret
    again, _ = vault.seal_contact(ID, follower().identity)
    assert vault.follow_secret(ID, again) != secret
    # a new master key changes neither
    newer = Vault(bytes([1] * 32), [bytes(32)])
    moved = WrappedKey(newer.master_id, newer.rewrap(ID, key.master_id, key.wrapped))
    assert newer.follow_secret(ID, moved) == secret
    with pytest.raises(VaultError):
        vault.follow_secret(OTHER, key)
    sealed = Sealed(key.master_id, key.wrapped, contact, None)
    assert vault.identity(ID, sealed) == follower().identity
    with pytest.raises(VaultError, match="no report"):
        vault.original(ID, sealed)
