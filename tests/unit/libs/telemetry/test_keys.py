import base64

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from mrk_telemetry.keys import KEY_BYTES, Key, decoded


class Holder(BaseModel):
    key: Key


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("no base64!", "it is not base64"),
        (base64.b64encode(bytes(range(31))).decode(), "it must hold 32 bytes"),
        (base64.b64encode(b"k" * KEY_BYTES).decode(), "one byte repeated: draw it at random"),
    ],
)
def test_a_key_that_nobody_drew_is_refused_without_being_told(given: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why) as caught:
        Holder(key=SecretStr(given))
    assert given not in str(caught.value)


def test_a_key_is_read_back() -> None:
    drawn = bytes(range(KEY_BYTES))
    assert decoded(Holder(key=SecretStr(base64.b64encode(drawn).decode())).key) == drawn
