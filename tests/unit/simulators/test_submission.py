import pytest

from mrk_simulators.lapor.submission import reference_of, tags_of, truthy, whole


@pytest.mark.parametrize(
    ("tags_raw", "tags"),
    [
        ("MRK-7F3K-Q2", ("MRK-7F3K-Q2",)),
        ("#medan, #MRK-7F3K-Q2;jalan", ("medan", "MRK-7F3K-Q2", "jalan")),
        ("a a b", ("a", "b")),
        ("", ()),
        (None, ()),
    ],
)
def test_tags(tags_raw: str | None, tags: tuple[str, ...]) -> None:
    assert tags_of(tags_raw) == tags


@pytest.mark.parametrize(
    ("tags_raw", "content", "reference"),
    [
        ("medan,MRK-7F3K-Q2", "Lubang", "MRK-7F3K-Q2"),
        ("57Q-GBQ-CHT", "Lubang", "57Q-GBQ-CHT"),
        ("", "Lubang\n\nReferensi: 57Q-GBQ-CHT", "57Q-GBQ-CHT"),
        ("", "Lubang\n\nReferensi: MRK-7F3K-Q2", "MRK-7F3K-Q2"),
        ("medan,jalan", "Lubang\nRef: ABC123\n", "ABC123"),
        ("0197b0c4-8f1a-7c3e-9d2b-1234567890ab", "", "0197b0c4-8f1a-7c3e-9d2b-1234567890ab"),
        (
            "",
            "x\n(id 0197b0c4-8f1a-7c3e-9d2b-1234567890ab)",
            "0197b0c4-8f1a-7c3e-9d2b-1234567890ab",
        ),
        ("K7Q2M", "Lubang", "K7Q2M"),
        ("", "Lampu mati sejak kemarin", None),
        ("medan,jalan", "Lampu mati", None),
    ],
)
def test_the_reference_is_a_tag_or_stands_at_the_foot(
    tags_raw: str, content: str, reference: str | None
) -> None:
    assert reference_of(tags_of(tags_raw), content) == reference


def test_a_number_in_the_middle_of_a_long_text_is_no_reference() -> None:
    text = "BK-1234-AA menabrak\n" + "baris\n" * 5
    assert reference_of((), text) is None


@pytest.mark.parametrize("value", [True, 1, "1", "true", "on"])
def test_flags_that_are_set(value: object) -> None:
    assert truthy(value)


@pytest.mark.parametrize("value", [False, 0, "0", "false", "", None, 2])
def test_flags_that_are_not(value: object) -> None:
    assert not truthy(value)


@pytest.mark.parametrize(
    ("value", "number"), [(7, 7), ("7", 7), (" 7 ", 7), ("x", None), (True, None), ("1.5", None)]
)
def test_whole_numbers(value: object, number: int | None) -> None:
    assert whole(value) == number
