import pytest

from mrk_telemetry.serving import split_address


def test_an_address_is_split() -> None:
    assert split_address("127.0.0.1:8080") == ("127.0.0.1", 8080)
    assert split_address("[::1]:0") == ("::1", 0)


@pytest.mark.parametrize("text", ["", "8080", ":8080", "host", "host:", "host:65536", "host:-1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        split_address(text)
