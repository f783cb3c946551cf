import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_city import CityPack


def _named(pack: CityPack, address: str) -> tuple[str | None, str] | None:
    place = pack.locate_words(address)
    if place is None:
        return None
    name = pack.subdistricts[place.subdistrict_code].name if place.subdistrict_code else None
    return name, pack.districts[place.district_code].name


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (
            "Jl. Karya Wisata No 5 Kel. Gedung Johor Kec. Medan Johor",
            ("Gedung Johor", "Medan Johor"),
        ),
        ("Titikuning", ("Titi Kuning", "Medan Johor")),
        ("kel titi kuning", ("Titi Kuning", "Medan Johor")),
        ("Medan Johor", (None, "Medan Johor")),
        ("Mdn. Johor", (None, "Medan Johor")),
        ("Kec. Johor", (None, "Medan Johor")),
        ("Kecamatan Kota", (None, "Medan Kota")),
        ("Kel. Tegal Sari", (None, "Medan Area")),
        ("Tegal Sari 2", ("Tegal Sari II", "Medan Area")),
        ("Tegal Sari Mandala 2", ("Tegal S Mandala II", "Medan Denai")),
        ("Pulau Brayan Darat I", ("P Berayan Darat I", "Medan Timur")),
        ("Tj. Mulia Hilir", ("Tanjung Mulia Hilir", "Medan Deli")),
        ("Tanjung Mulia", ("Tanjung Mulya", "Medan Deli")),
        ("sunggal", (None, "Medan Sunggal")),
        ("Kel. Sunggal", ("Sunggal", "Medan Sunggal")),
        ("Kelurahan Jati", ("Jati", "Medan Maimun")),
        ("merdeka, medan baru", ("Merdeka", "Medan Baru")),
        ("Kel Sei Mati, Medan Maimun", ("Sei Mati", "Medan Maimun")),
        ("Sungai Mati Medan Labuhan", ("Sei Mati", "Medan Labuhan")),
        ("jl. durian gg mangga, helvetia timur", ("Helvetia Timur", "Medan Helvetia")),
        ("KEL. PÉTISAH TENGAH", ("Petisah Tengah", "Medan Petisah")),
    ],
)
def test_names_in_an_address(pack: CityPack, address: str, named: tuple[str | None, str]) -> None:
    assert _named(pack, address) == named


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("Sei Mati", "in Medan Maimun and in Medan Labuhan"),
        ("Sitirejo", "I in Medan Kota, II and III in Medan Amplas"),
        ("Jl. Merdeka no 3", "a street"),
        ("Jalan Raya Medan Belawan", "a street"),
        ("merdeka", "an everyday word"),
        ("Kota Medan", "the city"),
        ("Medan Johor atau Medan Amplas", "two districts"),
        ("Jakarta Pusat", "elsewhere"),
        ("", "nothing"),
    ],
)
def test_what_names_no_single_place(pack: CityPack, address: str, why: str) -> None:
    assert pack.locate_words(address) is None, why


def test_the_surer_the_words_the_surer_the_place(pack: CityPack) -> None:
    addresses = [
        "Kel. Titi Kuning Kec. Medan Baru",  # contradicts itself
        "johor",
        "Titi Kuning",
        "Titi Kuning, Medan Johor",
        "Kel. Titi Kuning",
        "Kel. Titi Kuning, Medan Johor",
    ]
    certainties = []
    for address in addresses:
        place = pack.locate_words(address)
        assert place is not None
        assert place.method == "words"
        certainties.append(place.certainty)
    assert certainties == sorted(set(certainties))


def test_a_contradiction_keeps_only_the_district(pack: CityPack) -> None:
    place = pack.locate_words("Kel. Titi Kuning Kec. Medan Baru")
    assert place is not None
    assert (place.subdistrict_code, place.district_code) == (None, "12.71.17")
    assert "another kecamatan" in place.note


def test_every_kelurahan_is_found_with_its_kecamatan(pack: CityPack) -> None:
    for item in pack.subdistricts.values():
        district = pack.districts[item.district]
        for name in (item.name, *item.aliases):
            place = pack.locate_words(f"Jl. Contoh No. 7, Kel. {name}, Kec. {district.name}")
            assert place is not None, name
            assert place.subdistrict_code == item.code, name


@given(st.text(max_size=200))
def test_any_text_is_safe(pack: CityPack, text: str) -> None:
    place = pack.locate_words(text)
    assert place is None or place.district_code in pack.districts
