"""Districts and kelurahan against the two packages that they come from, fetched by npm.

The archives are kept by version in the user's cache, outside the checkout, and checked against the
registry's integrity digest each time.
"""

import base64
import csv
import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest

from mrk_city import CityPack

INTEGRITY = {
    "idn-area-data-4.0.1.tgz": (
        "PhNSIl5T7swVwwWxJOFMtCaeHAF9TUu0HLDf+36EIWZro9j7au83AFIJiBQGL+iRsBDA2OlpJ5fjiqxNYndzOQ=="
    ),
    "geografis-1.3.2.tgz": (
        "VNrk114ibD0NxQ0ueAkjjT42Lnf9nVih18cvbw0rxoSlvoLV3OApkZLnkOe2ccrgi7+TMcRyNaOawHEdSag+oQ=="
    ),
}


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "medan-rumah-kita" / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _archive(name: str) -> Path:
    path = _cache() / name
    if not path.exists():
        package, _, version = name.removesuffix(".tgz").rpartition("-")
        # Fetched beside it and moved: another test process never sees half an archive.
        with tempfile.TemporaryDirectory(dir=path.parent) as fetched:
            command = ["npm", "pack", f"{package}@{version}", "--pack-destination", fetched]
            subprocess.run(command, check=True, capture_output=True, timeout=240)
            (Path(fetched) / name).replace(path)
    digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    assert digest == INTEGRITY[name], f"{path} is not what the registry published"
    return path


def _read(archive: Path, member: str) -> str:
    with tarfile.open(archive) as tar:
        file = tar.extractfile(f"package/{member}")
        assert file is not None
        return file.read().decode("utf-8")


@pytest.fixture(scope="module")
def area_data() -> Path:
    return _archive("idn-area-data-4.0.1.tgz")


def test_districts_are_those_of_idn_area_data(pack: CityPack, area_data: Path) -> None:
    rows = csv.DictReader(io.StringIO(_read(area_data, "data/districts.csv")))
    published = {r["code"]: r["name"] for r in rows if r["regency_code"] == "12.71"}
    assert len(published) == 21
    assert {d.code: d.name for d in pack.districts.values()} == published


def test_kelurahan_are_those_of_idn_area_data(pack: CityPack, area_data: Path) -> None:
    rows = csv.DictReader(io.StringIO(_read(area_data, "data/villages.csv")))
    published = {
        r["code"]: (r["name"], r["district_code"])
        for r in rows
        if r["district_code"].startswith("12.71.")
    }
    assert len(published) == 151
    assert {s.code: (s.name, s.district) for s in pack.subdistricts.values()} == published


def test_centroids_and_postal_codes_are_those_of_geografis(pack: CityPack) -> None:
    rows = json.loads(_read(_archive("geografis-1.3.2.tgz"), "data/json/data.json"))
    published = {r["code"]: r for r in rows if r["code"].startswith("12.71.")}
    assert set(published) == set(pack.subdistricts)
    for code, row in published.items():
        ours = pack.subdistricts[code]
        assert ours.postal_code == str(row["postal"])
        assert (ours.lat, ours.lon) == pytest.approx((row["latitude"], row["longitude"]), abs=1e-6)
