import io
import shutil
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_city import CityPack, Place, check
from mrk_city.labelled import ENOUGH, judge, main, read_labelled
from mrk_city.landmarks import FILE, KINDS

LABELLED = Path(__file__).parent / "places.tsv"
HEADER = "name,kind,aliases,places,certainty,everyday,lat,lon,source\n"


def _found(pack: CityPack, address: str) -> Place:
    place = pack.locate_words(address)
    assert place is not None, address
    return place


def test_words_are_placed_as_a_person_would(pack: CityPack) -> None:
    rows = read_labelled(LABELLED)
    assert len(rows) >= 100
    results = judge(pack, rows)
    wrong = [each.row.words for each in results if each.outcome == "wrong"]
    right = sum(each.outcome == "right" for each in results)
    assert not wrong
    assert right / len(rows) >= 0.95


def test_a_command_tells_the_figures(medan: Path) -> None:
    out = io.StringIO()
    assert main([str(medan), str(LABELLED)], out) == 0
    assert "right" in out.getvalue()
    assert main([], out) == 2


def test_the_list_is_long_and_has_every_kind(pack: CityPack) -> None:
    assert len({each.name for each in pack.landmarks}) >= 300
    assert {each.kind for each in pack.landmarks} == set(KINDS)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Jl. Hayam Wuruk", "12.71.17.1001"),
        ("jln hayamwuruk", "12.71.17.1001"),
        ("jalan hayam wurk", "12.71.17.1001"),
        ("dekat pajak petisah", "12.71.19.1001"),
        ("psr petisah", "12.71.19.1001"),
        ("pasar petsiah", "12.71.19.1001"),
        ("rumah sakit adam malik", "12.71.07.1004"),
        ("RSUP Adam Malik", "12.71.07.1004"),
        ("dekat masjid raya", "12.71.01.1004"),
        ("Jl. Kapten Mukhtar Basri", "12.71.20.1005"),
        ("Jl. Kapt. Muchtar Basri", "12.71.20.1005"),
    ],
)
def test_spellings_abbreviations_and_a_letter_wrong(
    pack: CityPack, written: str, code: str
) -> None:
    assert _found(pack, written).subdistrict_code == code


def test_names_narrow_each_other_down(pack: CityPack) -> None:
    assert pack.locate_words("Jl. Setia Budi") is None  # it crosses several kecamatan
    place = _found(pack, "Jl. Setia Budi, Medan Sunggal")
    assert place.subdistrict_code == "12.71.02.1005"
    assert place.method == "words"
    assert place.words == ("medan sungal", "Jalan Setia Budi")
    both = _found(pack, "Jl. Sisingamangaraja dekat Pasar Simpang Limun")
    assert both.subdistrict_code == "12.71.01.1012"
    assert both.certainty >= _found(pack, "Pasar Simpang Limun").certainty


def test_an_everyday_name_confirms_a_street(pack: CityPack) -> None:
    assert pack.locate_words("Binjai") is None
    assert _found(pack, "Jl. Bromo, Binjai").subdistrict_code == "12.71.04.1005"


def test_a_contradiction_lowers_the_certainty(pack: CityPack) -> None:
    alone = _found(pack, "Kel. Titi Kuning")
    against = _found(pack, "Kel. Titi Kuning dekat Pasar Petisah")
    assert against.subdistrict_code == alone.subdistrict_code
    assert against.certainty < alone.certainty
    markets = _found(pack, "Pasar Petisah, Pasar Kampung Lalang")
    assert markets.certainty < _found(pack, "Pasar Petisah").certainty
    elsewhere = _found(pack, "Jl. Sudirman, Jakarta")
    assert elsewhere.certainty < ENOUGH


def test_a_longer_street_that_is_not_listed_is_less_certain(pack: CityPack) -> None:
    assert _found(pack, "Jl. Bantan Sejahtera").certainty < _found(pack, "Jl. Bantan").certainty


def test_a_lane_is_not_the_street_of_its_name(pack: CityPack) -> None:
    assert pack.locate_words("Gang Starban") is None


def test_a_text_is_less_certain_and_needs_more(pack: CityPack) -> None:
    said = "lampu mati di Jl. Hayam Wuruk"
    place = pack.locate_text(said)
    assert place is not None
    assert place.certainty < _found(pack, said).certainty
    assert pack.locate_words("Hayam Wuruk 7") is not None
    assert pack.locate_text("pahlawan kita Hayam Wuruk") is None
    assert pack.locate_text("petisah") is None


PIECES = "jalan jl setia budi pasar petisah kel kec medan kota baru simpang pos gang 1 rs"


@given(st.lists(st.sampled_from(PIECES.split()), max_size=14))
def test_any_mixture_is_placed_in_the_city_or_nowhere(pack: CityPack, words: list[str]) -> None:
    for place in (pack.locate_words(" ".join(words)), pack.locate_text(" ".join(words))):
        if place is not None:
            assert 0 < place.certainty <= 1
            assert place.district_code in pack.districts
            code = place.subdistrict_code
            assert code is None or pack.subdistricts[code].district == place.district_code


def test_a_long_text_takes_little_time(pack: CityPack) -> None:
    text = (
        "Lampu di Jl. Setia Budi dekat simpang pemda tanjung sari mati, tolong diperbaiki pak " * 2
    )
    best = float("inf")
    for _ in range(20):
        began = perf_counter()
        for _ in range(20):
            pack.locate_words(text[:200])
        best = min(best, (perf_counter() - began) / 20)
    assert best < 0.000_5  # measured 0.000_05 on an idle core


ROWS = [
    ("X,lane,,12.71.01,0.9,,,,x", "kind 'lane' of X is not known"),
    ("X,market,,12.71.01.1099,0.9,,,,x", "kelurahan '12.71.01.1099' is not in"),
    ("X,market,,12.71.22,0.9,,,,x", "kecamatan '12.71.22' is not in"),
    ("X,market,,,0.9,,,,x", "X lies nowhere"),
    ("X,market,,12.71.01,sure,,,,x", "certainty 'sure' is no number"),
    ("X,market,,12.71.01,0,,,,x", "certainty '0' is no number"),
    ("X,market,,12.71.01,0.9,,,,", "X has no source"),
    ("X,market,,12.71.01,0.9,,3.6,,x", "lat or lon is no number"),
    ("X,market,,12.71.01,0.9,,3.6,east,x", "lat or lon is no number"),
    ("X,market,,12.71.01,0.9,,3.78,98.69,x", "the point of X is "),
    ("Pasar X,market,,12.71.01,0.9,,,,x\nPajak X,market,,12.71.02,0.9,,,,x", "is already in line"),
    ("X,market,12.71.01,0.9", "4 values for 9 columns"),
]


@pytest.mark.parametrize(("rows", "told"), ROWS, ids=[told for _, told in ROWS])
def test_a_wrong_row_is_named(medan: Path, tmp_path: Path, rows: str, told: str) -> None:
    folder = shutil.copytree(medan, tmp_path / "city")
    (folder / FILE).write_text(HEADER + rows + "\n", encoding="utf-8")
    (problem,) = check(folder)
    assert (problem.file, problem.line) == (FILE, 2 + rows.count("\n"))
    assert told in problem.message
    assert problem.mend


def test_a_pack_may_have_no_list(medan: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(medan, tmp_path / "city")
    (folder / FILE).unlink()
    assert check(folder) == []
