"""How often one device, and one address, may send reports."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from mrk_telemetry.serving import Scope
from mrk_web.language import Language, Text
from mrk_web.problems import BAD_REQUEST, FieldError, ProblemError
from mrk_web.rate import RateLimiter

DEVICE_HEADER: Final = "X-Device-Token"
_DEVICE_LENGTH: Final = (16, 128)
_MALFORMED: Final = Text("Token perangkat tidak sah.", "The device's token is malformed.")
_MEND: Final = Text(
    "Kirim satu token acak, 16 sampai 128 huruf ASCII tanpa spasi.",
    "Send one random token of 16 to 128 ASCII characters without spaces.",
)


@dataclass(frozen=True, slots=True)
class Rates:
    """Tokens a second and the size of a full bucket."""

    per_second: float
    burst: float


class ReportLimits:
    """Limits of one process: a device's own, and an address's, which is generous.

    Indonesian mobile carriers share addresses among many phones, so an address's limit only
    stops floods; a phone is limited by its token. A token costs nothing to make up, so the
    address's limit holds for those with a token too.

    Args:
        device: for one device token.
        address: for one address.
        proxies: addresses whose `X-Forwarded-For` is believed.
    """

    def __init__(self, device: Rates, address: Rates, proxies: Collection[str] = ()) -> None:
        self._devices = RateLimiter(device.per_second, device.burst)
        self._addresses = RateLimiter(address.per_second, address.burst)
        self._proxies = frozenset(proxies)

    def require(self, scope: Scope, device: str, forwarded: str | None, cost: float = 1.0) -> None:
        """Count a request.

        Args:
            scope: of the request.
            device: its token; empty where there is none.
            forwarded: `X-Forwarded-For`.
            cost: tokens that it takes.

        Raises:
            ProblemError: 429 with `Retry-After`.
        """
        if device:
            self._devices.require(device, cost)
        self._addresses.require(self.address_of(scope, forwarded), cost)

    def left(self, scope: Scope, device: str, forwarded: str | None) -> float:
        """How much is left of what a device, or its address, may send: from 0 to 1.

        0 where there is not enough for one report.
        """
        address = self._addresses.left(self.address_of(scope, forwarded))
        return min(address, self._devices.left(device)) if device else address

    def until(self, scope: Scope, device: str, forwarded: str | None, left: float) -> float:
        """Seconds until so much is left again."""
        wait = self._addresses.until(self.address_of(scope, forwarded), left)
        return max(wait, self._devices.until(device, left)) if device else wait

    def address_of(self, scope: Scope, forwarded: str | None) -> str:
        """As `client_address`."""
        return client_address(scope, forwarded, self._proxies)


class RowLimits:
    """How many rows of public lists one address may read: a long list costs as many as it tells.

    Args:
        rows: rows a second, and at once; at least the longest list.
        proxies: as for `ReportLimits`.
    """

    def __init__(self, rows: Rates, proxies: Collection[str] = ()) -> None:
        self._rows = RateLimiter(rows.per_second, rows.burst)
        self._proxies = frozenset(proxies)

    def require(self, scope: Scope, forwarded: str | None, rows: int) -> None:
        """Count rows that are asked for.

        Args:
            scope: of the request.
            forwarded: `X-Forwarded-For`.
            rows: how many there may be in the answer.

        Raises:
            ProblemError: 429 with `Retry-After`.
        """
        self._rows.require(client_address(scope, forwarded, self._proxies), max(1, rows))


def client_address(scope: Scope, forwarded: str | None, proxies: Collection[str]) -> str:
    """The client's address; behind a known proxy, the last one that the proxy did not add."""
    client = scope.get("client")
    address = str(client[0]) if client else ""
    if forwarded is None or address not in proxies:
        return address
    for hop in reversed(forwarded.split(",")):
        address = hop.strip()
        if address not in proxies:
            break
    return address


def device_token(values: list[str], language: Language) -> str:
    """The device's token, which scopes idempotency keys and rates; empty where none is sent.

    Raises:
        ProblemError: 400; sent twice, too short, too long or with other than visible ASCII.
    """
    if not values:
        return ""
    token = values[0].strip()
    shortest, longest = _DEVICE_LENGTH
    well_formed = token.isascii() and token.isprintable() and " " not in token
    if len(values) == 1 and shortest <= len(token) <= longest and well_formed:
        return token
    error = FieldError(DEVICE_HEADER, _MALFORMED.to(language), _MEND.to(language))
    raise ProblemError(BAD_REQUEST, [error])
