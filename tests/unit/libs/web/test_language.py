import pytest

from mrk_web.language import language_of


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "id"), ("", "id"), ("id-ID,id;q=0.9,en;q=0.8", "id"), ("en", "en"),
        ("en-GB,en;q=0.9", "en"), ("en;q=0.5,id;q=0.9", "id"), ("id;q=0.4,en;q=0.5", "en"),
        ("en,id", "id"), ("fr", "id"), ("fr,en;q=0.1", "en"), ("en;q=0", "id"), ("in-ID", "id"),
        ("*", "id"), ("en;q=x", "id"), ("EN-us", "en"), (",,;;q=", "id"), ("ms,en;q=0.9", "id"),
    ],
)  # fmt: skip
def test_the_readers_language(header: str | None, language: str) -> None:
    assert language_of(header) == language
