"""Identifiers by their RFC, and keys that cannot stand for one another."""

import hmac
import os
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_intake.domain.digests import keyed
from mrk_intake.domain.ids import uuid4_of, uuid7
from mrk_intake.domain.keys import Keys

AT = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_uuid7_is_the_one_of_the_rfc() -> None:
    # RFC 9562, appendix A.6: rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F
    entropy = (0xCC3 << 62 | 0x18C4DC0C0C07398F).to_bytes(10)
    assert str(uuid7(AT, entropy)) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_uuid7_sorts_by_time() -> None:
    made = [uuid7(AT.replace(microsecond=n * 1000), os.urandom(10)) for n in range(900)]
    assert made == sorted(made)
    assert {each.version for each in made} == {7}


def test_uuid4_is_random_and_says_so() -> None:
    assert uuid4_of(bytes(16)).version == 4
    assert uuid4_of(os.urandom(16)) != uuid4_of(os.urandom(16))


def test_each_use_has_a_key_of_its_own() -> None:
    keys = Keys.derive(b"m" * 32)
    assert len({keys.numbers, keys.secrets, keys.requests, keys.fingerprints}) == 4
    assert Keys.derive(b"m" * 32) == keys
    assert Keys.derive(b"n" * 32).numbers != keys.numbers
    assert "numbers" not in repr(keys)


def test_scope_and_key_cannot_be_shifted_into_each_other() -> None:
    keys = Keys.derive(b"m" * 32)
    assert keys.request("ab", "c") != keys.request("a", "bc")
    assert keys.request("", "1:ab") != keys.request("a", "b")


@given(st.binary(max_size=64), st.binary(max_size=300))
def test_a_keyed_digest_is_hmac(key: bytes, message: bytes) -> None:
    for _ in range(2):  # the second time, the key is known
        assert keyed(key, message) == hmac.digest(key, message, "sha256")


def test_a_key_longer_than_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="65 bytes"):
        keyed(bytes(65), b"")
