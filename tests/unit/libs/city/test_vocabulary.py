import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_city import CityPack


@pytest.fixture(scope="module")
def pack(unlearnt: CityPack) -> CityPack:
    return unlearnt


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Lampu jalan di depan rumah saya sudah 3 hari mati", "street-lights"),
        ("mati lampu jalan di gang kami", "street-lights"),
        ("mati lampu dari tadi malam pak", "power"),
        ("jln lobang2 besar kali", "roads"),
        ("Jalannya rusak parahhhh", "roads"),
        ("jalan  kami   rusak", "roads"),
        ("sampah numpuk gak diangkut bauk kali", "waste-pickup"),
        ("warga buang sampah sembarangan ke sungai", "illegal-dumping"),
        ("paret tumpat lae", "drainage"),
        ("pajak simpang limun becek", "markets"),
        ("bayar pajak bumi dan bangunan", "local-taxes"),
        ("titi rusak mau roboh", "bridges"),
        ("air pam gak idup", "clean-water"),
        ("sekolah rusak atapnya bocor", "schools"),
        ("anjing gila berkeliaran", "stray-animals"),
        ("e-KTP belum dicetak", "identity-documents"),
        ("kutipan liar oleh oknum", "corruption"),
        ("jukir liar minta uang parkir", "parking"),
        ("geng motor bawa sajam", "crime"),
        ("gorong-gorong tersumbat", "drainage"),
        ("There is a pothole on our road", "roads"),
        ("Street light is out", "street-lights"),
    ],
)
def test_how_people_here_write(pack: CityPack, text: str, category: str) -> None:
    guess = pack.categorise(text)
    assert guess is not None
    assert guess.category == category
    assert 0 < guess.score <= 1
    assert guess.words


@pytest.mark.parametrize(
    "text",
    [
        "",
        "halo selamat pagi",
        "jalan",
        "lubang",
        "parkir di puskesmas",
        "mohon bantuannya pak wali",
    ],
)
def test_too_little_or_a_tie_is_no_guess(pack: CityPack, text: str) -> None:
    assert pack.categorise(text) is None


def test_the_words_that_decided_are_told(pack: CityPack) -> None:
    guess = pack.categorise("sampah menumpuk, parit mampet, bau, tumpukan sampah")
    assert guess is not None
    assert guess.category == "waste-pickup"
    assert guess.words == ("sampah menumpuk", "bau", "tumpukan sampah")
    assert guess.score < 1


def test_repeating_a_word_does_not_weigh_more(pack: CityPack) -> None:
    once = pack.categorise("sampah menumpuk dan parit")
    often = pack.categorise("sampah menumpuk dan parit, parit! parit? Saya bilang parit")
    assert once == often


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ada KEBAKARAN besar, banjir besar juga, kebakaran!", ("kebakaran", "banjir besar")),
        ("kebakarannya di sebelah", ("kebakaran",)),
        ("ada bom", ("bom",)),
        ("bombardir sampah", ()),
        ("banjir kecil", ()),
        ("tiang roboh, tebing longsor", ("longsor",)),
    ],
)
def test_emergency_words(pack: CityPack, text: str, words: tuple[str, ...]) -> None:
    assert pack.is_emergency(text) == words


@given(st.text(max_size=300))
def test_any_text_is_safe(pack: CityPack, text: str) -> None:
    guess = pack.categorise(text)
    assert guess is None or guess.category in pack.categories
    assert set(pack.is_emergency(text)) <= set(pack.city.emergency_words)


def test_thousands_of_texts_a_second(pack: CityPack) -> None:
    text = (
        "Selamat pagi pak wali, jalan di depan rumah kami di gang kenanga sudah rusak parah dan"
        " berlubang, kalau hujan banjir dan lampu jalan pun mati, tolong diperbaiki"
    )
    began = time.process_time()
    for _ in range(1000):
        pack.categorise(text)
        pack.locate_words(text)
    assert time.process_time() - began < 0.5
