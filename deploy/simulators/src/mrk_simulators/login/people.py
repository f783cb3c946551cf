"""Who may log in at the development provider: one or more people of each role."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Somebody:
    """A person who does not exist.

    Args:
        subject: names the person in tokens.
        roles: what the claim `roles` holds.
    """

    subject: str
    name: str
    roles: tuple[str, ...]


PEOPLE: tuple[Somebody, ...] = (
    Somebody("dev-operator", "Operator Semua Kanal", ("operator",)),
    Somebody("dev-counter", "Operator Loket", ("operator:counter",)),
    Somebody("dev-112", "Operator Pusat Panggilan 112", ("operator:call_centre_112",)),
    Somebody("dev-social-media", "Operator Media Sosial", ("operator:social_media",)),
    Somebody("dev-inspektorat", "Pemeriksa Inspektorat", ("inspektorat",)),
    Somebody("dev-dispatcher", "Petugas Triase", ("dispatcher",)),
    Somebody("dev-sdabmbk", "Petugas Dinas SDABMBK", ("officer:sdabmbk",)),
    Somebody("dev-dlh", "Petugas Dinas Lingkungan Hidup", ("officer:dlh",)),
    Somebody("dev-leader", "Pimpinan Kota", ("leader",)),
    Somebody("dev-nobody", "Pegawai Tanpa Tugas", ()),
)
"""As the login page lists them."""


def by_subject(subject: str) -> Somebody | None:
    """The person of a subject."""
    return next((each for each in PEOPLE if each.subject == subject), None)
