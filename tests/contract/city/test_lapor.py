"""The pack's numbers are those of the simulated national system."""

from mrk_city import CityPack
from mrk_simulators.lapor.reference import BUILT_IN


def test_every_number_of_the_pack_exists_at_the_simulator(pack: CityPack) -> None:
    lapor = pack.lapor
    assert lapor.assumed
    assert set(lapor.institutions.values()) == set(BUILT_IN.institutions)
    assert set(lapor.categories.values()) == set(BUILT_IN.categories)
    assert set(lapor.classifications.values()) < set(BUILT_IN.classifications)


def test_institutions_have_the_same_names(pack: CityPack) -> None:
    for code, number in pack.lapor.institutions.items():
        if code == "dp3apmppkb":
            continue  # the simulator keeps the short form of this one
        assert pack.agencies[code].names["id"] in BUILT_IN.institutions[number]


def test_status_codes_mean_the_same_state(pack: CityPack) -> None:
    simulated = {s.code: (state.value, s.name) for state, s in BUILT_IN.statuses.items()}
    assert {c: (s.state, s.name) for c, s in pack.lapor.states.items()} == simulated
