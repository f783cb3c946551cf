"""What is agreed on before anybody logs in: addresses, who we are to the provider, how long.

Values alone: settings name them, and every role of a service reads its settings, so that nothing
here loads HTTP or cryptography.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

LOGIN: Final = "/masuk"
BACK: Final = LOGIN + "/kembali"
LOGOUT: Final = "/keluar"
GOODBYE: Final = LOGOUT + "/selesai"


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are to the provider.

    Attributes:
        issuer: exactly as its tokens name it.
        redirect_uri: where it sends people back.
        goodbye_uri: where it sends them after a logout.
        algorithms: those of its tokens that are taken.
    """

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    goodbye_uri: str
    algorithms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long a session lasts: without a request, and at most."""

    idle: timedelta
    most: timedelta
