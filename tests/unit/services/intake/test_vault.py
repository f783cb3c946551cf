"""The vault's encryption: readable with its key, its reference and its column alone."""

import os
from uuid import UUID, uuid4

import pytest

from mrk_intake.domain.private import Identity, Original
from mrk_intake.store.masters import VaultError, WrappedKey
from mrk_intake.store.vault import Sealed, Vault

IDENTITY = Identity(name="Butet", phone="+6281234567890")
ORIGINAL = Original(text="Jalan rusak", address="Gang Mawar 1")
MASTER = bytes(range(32))


@pytest.fixture
def vault() -> Vault:
    return Vault(MASTER)


@pytest.fixture
def reporter() -> UUID:
    return uuid4()


def test_what_is_sealed_is_read_again(vault: Vault, reporter: UUID) -> None:
    sealed = vault.seal(reporter, IDENTITY, ORIGINAL)
    assert Vault(MASTER).identity(reporter, sealed) == IDENTITY
    assert Vault(MASTER).original(reporter, sealed) == ORIGINAL


def test_nothing_is_readable_from_outside(vault: Vault, reporter: UUID) -> None:
    sealed = vault.seal(reporter, IDENTITY, ORIGINAL)
    raw = sealed.wrapped_key + (sealed.identity or b"") + sealed.original
    assert b"Butet" not in raw
    assert b"Jalan" not in raw
    assert MASTER not in raw


def test_a_reporter_without_a_word_has_no_identity(vault: Vault, reporter: UUID) -> None:
    sealed = vault.seal(reporter, None, ORIGINAL)
    assert sealed.identity is None
    assert vault.identity(reporter, sealed) is None


def test_each_sealing_has_its_own_key_and_nonces(vault: Vault, reporter: UUID) -> None:
    one, two = (vault.seal(reporter, IDENTITY, ORIGINAL) for _ in range(2))
    assert one.wrapped_key != two.wrapped_key
    nonces = {
        box[:12] for s in (one, two) for box in (s.wrapped_key, s.identity, s.original) if box
    }
    assert len(nonces) == 6


def test_another_reference_cannot_open_it(vault: Vault, reporter: UUID) -> None:
    sealed = vault.seal(reporter, IDENTITY, ORIGINAL)
    with pytest.raises(VaultError):
        vault.identity(uuid4(), sealed)


def test_another_master_key_is_named_as_such(vault: Vault, reporter: UUID) -> None:
    sealed = vault.seal(reporter, IDENTITY, ORIGINAL)
    with pytest.raises(VaultError, match="another master key"):
        Vault(os.urandom(32)).original(reporter, sealed)


@pytest.mark.parametrize("field", ["wrapped_key", "identity", "original"])
def test_a_changed_or_moved_ciphertext_is_refused(vault: Vault, reporter: UUID, field: str) -> None:
    sealed = vault.seal(reporter, IDENTITY, ORIGINAL)
    box = getattr(sealed, field)
    changed = sealed._replace(**{field: box[:-1] + bytes([box[-1] ^ 1])})
    with pytest.raises(VaultError):
        _both(vault, reporter, changed)
    moved = sealed._replace(identity=sealed.original, original=sealed.identity or b"")
    with pytest.raises(VaultError):
        _both(vault, reporter, moved)


def _both(vault: Vault, reporter: UUID, sealed: Sealed) -> None:
    vault.identity(reporter, sealed)
    vault.original(reporter, sealed)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32"):
        Vault(bytes(length))


def test_a_former_master_key_still_reads_and_the_newest_seals(reporter: UUID) -> None:
    newest = bytes(range(1, 33))
    old, both = Vault(MASTER), Vault(newest, [MASTER])
    assert both.identity(reporter, old.seal(reporter, IDENTITY, ORIGINAL)) == IDENTITY
    sealed = both.seal(reporter, IDENTITY, ORIGINAL)
    assert Vault(newest).identity(reporter, sealed) == IDENTITY
    with pytest.raises(VaultError, match="another master key"):
        old.identity(reporter, sealed)


def test_a_row_that_is_wrapped_anew_needs_no_former_key(reporter: UUID) -> None:
    newest = bytes(range(1, 33))
    before = Vault(MASTER).seal(reporter, IDENTITY, ORIGINAL)
    both = Vault(newest, [MASTER])
    wrapped = both.rewrap(reporter, before.master_id, before.wrapped_key)
    after = before._replace(master_id=both.master_id, wrapped_key=wrapped)
    assert Vault(newest).original(reporter, after) == ORIGINAL
    assert (both.knows(before.master_id), both.knows(after.master_id)) == ("former", "newest")
    assert Vault(newest).knows(before.master_id) is None
    with pytest.raises(VaultError, match="does not belong"):
        both.rewrap(uuid4(), before.master_id, before.wrapped_key)


def test_later_words_open_with_their_key_and_in_their_row_alone(
    vault: Vault, reporter: UUID
) -> None:
    sealed = vault.seal(reporter, IDENTITY, ORIGINAL)
    key = WrappedKey(sealed.master_id, sealed.wrapped_key)
    box = vault.add(reporter, key, b"row-1", "Masih berlubang")
    assert b"berlubang" not in box
    assert Vault(MASTER).added(reporter, key, b"row-1", box) == "Masih berlubang"
    other = vault.seal(uuid4(), IDENTITY, ORIGINAL)
    for given in (
        (reporter, key, b"row-2", box),
        (uuid4(), key, b"row-1", box),
        (reporter, WrappedKey(other.master_id, other.wrapped_key), b"row-1", box),
        (reporter, key, b"row-1", box[:-1] + bytes([box[-1] ^ 1])),
    ):
        with pytest.raises(VaultError):
            vault.added(*given)
    with pytest.raises(VaultError, match="master key"):
        Vault(os.urandom(32)).add(reporter, key, b"row-1", "Masih")
    newest = Vault(bytes(range(1, 33)), [MASTER])
    wrapped = newest.rewrap(reporter, key.master_id, key.wrapped)
    anew = WrappedKey(newest.master_id, wrapped)
    assert newest.added(reporter, anew, b"row-1", box) == "Masih berlubang"
