import base64
import secrets
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_web.idempotency import estimated_bits, parse_idempotency_key
from mrk_web.problems import ProblemError

UUID = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def test_quoted_and_bare_are_the_same_key() -> None:
    assert parse_idempotency_key([UUID]) == parse_idempotency_key([f' "{UUID}"\t']) == UUID


@given(st.binary(min_size=16, max_size=32).filter(lambda b: len(set(b)) > 12))
def test_random_keys_of_128_bits_pass(data: bytes) -> None:
    parse_idempotency_key([data.hex()])
    parse_idempotency_key([base64.urlsafe_b64encode(data).decode()])
    parse_idempotency_key([base64.urlsafe_b64encode(data).decode().rstrip("=")])


def test_what_libraries_make_passes() -> None:
    for _ in range(1000):
        for key in (str(uuid.uuid4()), uuid.uuid4().hex, secrets.token_urlsafe(16)):
            assert parse_idempotency_key([key]) == key


def test_a_hexadecimal_key_that_happens_to_hold_no_letter_passes() -> None:
    assert parse_idempotency_key(["81739205461728390546172839051627"])


@pytest.mark.parametrize(
    "values",
    [
        ["1"], ["key-1"], ["a" * 64], ["0" * 32], ["ab" * 16], [UUID[:-1]],
        [UUID.replace("-", "")[:-1]],
        ["1234567890" * 3], [UUID + " x"], [f'"{UUID}'], [f'{UUID}"'], [f'"{UUID}";a=1'],
        ["x" + UUID * 8], [UUID + "\x00"], [UUID + "\u00e9"], [""], ['""'], [UUID, UUID],
        [str(uuid.UUID(int=0))], ['"' + UUID + '\\"'], [UUID + "," + UUID],
        ["abcdefghijklmnopqrstu"],
    ],
)  # fmt: skip
def test_what_is_malformed_or_guessable_is_400(values: list[str]) -> None:
    with pytest.raises(ProblemError) as refused:
        parse_idempotency_key(values)
    assert refused.value.problem.status == 400
    assert refused.value.problem.name == "idempotency-key-malformed"
    assert refused.value.errors[0].field == "Idempotency-Key"


def test_an_absent_key_is_400_in_the_readers_language() -> None:
    with pytest.raises(ProblemError) as refused:
        parse_idempotency_key([], "en")
    assert refused.value.problem.name == "idempotency-key-missing"
    assert refused.value.errors[0].message == "The header Idempotency-Key is required"


def test_bits_by_length_and_alphabet() -> None:
    assert estimated_bits(UUID) == 128
    assert estimated_bits("0123456789abcdef" * 2) == 128
    assert estimated_bits("0123456789" * 3) == 120
    assert estimated_bits("abcdefghijklmnopqrstuv") == 132
    assert estimated_bits("aaaaabbbbb" * 10) == 0
