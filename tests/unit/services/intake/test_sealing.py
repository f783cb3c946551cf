"""Attachments at rest: each under its own key, and no byte can be moved, changed or cut off."""

import secrets
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from mrk_intake.store.masters import VaultError, WrappedKey
from mrk_intake.store.sealing import SEGMENT, Seal, Sealing

MASTER = bytes(range(32))
ID = uuid4()
SEALING = Sealing(MASTER)
SIZES = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 3 * SEGMENT + 77]


def seal() -> Seal:
    return SEALING.open(ID, SEALING.new(ID))


async def streamed(key: Seal, use: str, box: bytes, part: int) -> bytes:
    async def parts() -> AsyncIterator[bytes]:
        for at in range(0, len(box), part):
            yield box[at : at + part]

    return b"".join([each async for each in key.opening(use, parts())])


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_sealed_opens_whole_and_as_a_stream(size: int) -> None:
    key, data = seal(), secrets.token_bytes(size)
    box = key.sealed("kept", data)
    assert key.opened("kept", box) == data
    for part in (7_001, SEGMENT, 1_000_000):
        assert await streamed(key, "kept", box, part) == data


@pytest.mark.parametrize("size", [5, SEGMENT, 2 * SEGMENT + 9])
async def test_changed_moved_and_cut_bytes_are_found(size: int) -> None:
    key = seal()
    box = key.sealed("kept", secrets.token_bytes(size))
    segment = SEGMENT + 28
    changed = bytearray(box)
    changed[-1] ^= 1
    wrong = [bytes(changed), box[:-1], box + b"x", b""]
    if size > SEGMENT:
        wrong += [box[:segment], box[segment:], box[segment:] + box[:segment]]
    for each in wrong:
        with pytest.raises(VaultError):
            key.opened("kept", each)
        with pytest.raises(VaultError):
            await streamed(key, "kept", each, 10_000)
    with pytest.raises(VaultError):
        key.opened("thumbnail", box)
    with pytest.raises(VaultError):
        seal().opened("kept", box)


def test_a_new_master_key_opens_what_the_former_one_wrapped_and_wraps_it_anew() -> None:
    wrapped = SEALING.new(ID)
    box = SEALING.open(ID, wrapped).sealed("kept", b"photo")
    newer = Sealing(bytes(range(1, 33)), [MASTER])
    assert newer.open(ID, wrapped).opened("kept", box) == b"photo"
    anew = newer.rewrap(ID, wrapped)
    assert anew.master_id == newer.master_id != wrapped.master_id
    assert Sealing(bytes(range(1, 33))).open(ID, anew).opened("kept", box) == b"photo"


def test_a_key_belongs_to_its_row_and_to_its_master() -> None:
    wrapped = SEALING.new(ID)
    with pytest.raises(VaultError, match="does not belong"):
        SEALING.open(uuid4(), wrapped)
    with pytest.raises(VaultError, match="another master key"):
        Sealing(bytes(32)).open(ID, wrapped)
    with pytest.raises(VaultError):
        SEALING.open(ID, WrappedKey(wrapped.master_id, wrapped.wrapped[:-1]))
