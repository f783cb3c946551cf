"""HashiCorp Vault's and OpenBao's secrets engine `transit`, over HTTP.

https://openbao.org/api-docs/secret/transit/: `encrypt`, `decrypt` and `datakey/wrapped` of one
named key. The token needs `update` on these three paths and nothing else; roles need `decrypt`
alone.
"""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

import httpx

from mrk_intake.gateways.kms import KmsAwayError, KmsRefusedError
from mrk_telemetry import metrics

TIMEOUT_S: Final = 5.0
STAGE: Final = "kms"
_MENDS: Final = {
    400: ": KMS_KEY is not the key that wrapped this, or what was wrapped is cut off",
    403: ": KMS_TOKEN has ended, or may not use KMS_KEY",
    404: ": no transit engine at KMS_MOUNT, or no such KMS_KEY",
}


@dataclass(frozen=True, slots=True)
class Access:
    """How the service is reached.

    Attributes:
        url: its address; no slash at its end.
        key: the named key that wraps.
        token: who we are there.
        mount: where the engine is mounted.
        namespace: of an enterprise installation, or of OpenBao; None where there is none.
        authority: PEM certificates by which it is known; None: the machine's own.
    """

    url: str
    key: str
    token: str
    mount: str = "transit"
    namespace: str | None = None
    authority: Path | None = None

    def __repr__(self) -> str:
        """Without the token: a trace-back must not show it."""
        return f"Access({self.url}, {self.mount}/{self.key})"


class Transit:
    """Asks the service; see `mrk_intake.gateways.kms.Kms`."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def draw(self) -> str:
        """A new key of 32 random bytes, wrapped."""
        data = await self._ask("datakey/wrapped", {"bits": 256})
        return _text(data, "ciphertext")

    async def wrap(self, key: bytes) -> str:
        """A key that there is already, wrapped."""
        data = await self._ask("encrypt", {"plaintext": base64.b64encode(key).decode()})
        return _text(data, "ciphertext")

    async def unwrap(self, wrapped: str) -> bytes:
        """The key that was wrapped."""
        data = await self._ask("decrypt", {"ciphertext": wrapped})
        try:
            return base64.b64decode(_text(data, "plaintext"), validate=True)
        except (binascii.Error, ValueError):
            raise KmsRefusedError("the key management service's answer holds no key") from None

    async def _ask(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        begun = monotonic()
        try:
            data = await self._call(what, body)
        except KmsAwayError:
            metrics.attempt(STAGE, "transient", monotonic() - begun)
            raise
        except KmsRefusedError:
            metrics.attempt(STAGE, "refused", monotonic() - begun)
            raise
        metrics.attempt(STAGE, "accepted", monotonic() - begun)
        return data

    async def _call(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        access = self._access
        headers = {"X-Vault-Token": access.token, "X-Vault-Request": "true"}
        if access.namespace is not None:
            headers["X-Vault-Namespace"] = access.namespace
        verify = str(access.authority) if access.authority is not None else True
        url = f"{access.url}/v1/{access.mount}/{what}/{access.key}"
        try:
            async with httpx.AsyncClient(
                verify=verify, timeout=TIMEOUT_S, trust_env=False, follow_redirects=False
            ) as client:
                answer = await client.post(url, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise KmsAwayError(
                f"the key management service gives no answer: {type(error).__name__}"
            ) from None
        return _data(answer)


def _data(answer: httpx.Response) -> dict[str, Any]:
    status = answer.status_code
    # 429: too many requests, or a standby that forwards nothing; 412: it lags behind
    if status >= 500 or status in {412, 429}:
        raise KmsAwayError(f"the key management service answers {status}: sealed, or not ready")
    if status != httpx.codes.OK:
        # its words may quote what was sent
        raise KmsRefusedError(
            f"the key management service refuses with {status}{_MENDS.get(status, '')}"
        )
    try:
        data = answer.json()["data"]
    except (ValueError, KeyError, TypeError):
        raise KmsRefusedError("what answers at KMS_URL is no transit engine") from None
    if not isinstance(data, dict):
        raise KmsRefusedError("what answers at KMS_URL is no transit engine")
    return data


def _text(data: dict[str, Any], name: str) -> str:
    found = data.get(name)
    if not isinstance(found, str) or not found:
        raise KmsRefusedError("what answers at KMS_URL is no transit engine")
    return found
