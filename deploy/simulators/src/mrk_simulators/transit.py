"""HashiCorp Vault's and OpenBao's engine `transit`, as far as wrapping a key needs it.

What it answers is what OpenBao 2.7 answers; `tests/integration/intake/test_kms.py` holds for both.
Its keys live in memory: with the process they are gone, and so is what they wrapped.

`/_sim/seal` and `/_sim/unseal` (POST) do what an operator does to the real one.
"""

import argparse
import asyncio
import base64
import binascii
import os
import re
from typing import Any, Final

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mrk_simulators.http_server import serve_http
from mrk_simulators.process import ExitCode, StartupError, bind, stop_on_signals

_NONCE: Final = 12
_WRAPPED: Final = re.compile(r"vault:v1:([A-Za-z0-9+/=]+)")

log = structlog.get_logger()


def run_transit(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        StartupError: the address or the token file is not usable.
    """
    try:
        token = options.token_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StartupError(
            ExitCode.USAGE, f"the token file cannot be read: {error.strerror}"
        ) from error
    asyncio.run(_run(options, token))


async def _run(options: argparse.Namespace, token: str) -> None:
    stopping = asyncio.Event()
    sock = bind(options.listen)
    try:
        with stop_on_signals(stopping):
            log.info("transit.started", http_port=sock.getsockname()[1])
            await serve_http(build_app(token), sock, stopping)
    finally:
        sock.close()
    log.info("transit.stopped")


class Engine:
    """Named keys, and what may be asked of them."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._keys: dict[str, AESGCM] = {}
        self.sealed = False

    def refusal(self, request: Request) -> Response | None:
        """Why this request is not served."""
        if self.sealed:
            return _errors(503, "Vault is sealed")
        if request.headers.get("x-vault-token") != self._token:
            return _errors(403, "permission denied")
        return None

    async def create(self, request: Request) -> Response:
        """`POST /v1/transit/keys/{name}`."""
        self._keys.setdefault(request.path_params["name"], AESGCM(os.urandom(32)))
        return JSONResponse({"data": {"name": request.path_params["name"]}})

    async def encrypt(self, request: Request) -> Response:
        """`POST /v1/transit/encrypt/{name}`; a key that is not there is made, as there."""
        try:
            plain = base64.b64decode((await request.json())["plaintext"], validate=True)
        except (KeyError, ValueError, TypeError, binascii.Error):
            return _errors(400, "failed to base64-decode plaintext")
        await self.create(request)
        return self._answer(request, plain)

    async def draw(self, request: Request) -> Response:
        """`POST /v1/transit/datakey/wrapped/{name}`."""
        if request.path_params["name"] not in self._keys:
            return _errors(400, "encryption key not found")
        return self._answer(request, os.urandom(32))

    async def decrypt(self, request: Request) -> Response:
        """`POST /v1/transit/decrypt/{name}`."""
        cipher = self._keys.get(request.path_params["name"])
        if cipher is None:
            return _errors(400, "encryption key not found")
        try:
            found = _WRAPPED.fullmatch((await request.json())["ciphertext"])
            box = base64.b64decode(found[1], validate=True) if found else b""
            plain = cipher.decrypt(box[:_NONCE], box[_NONCE:], None)
        except (KeyError, ValueError, TypeError, InvalidTag):
            return _errors(400, "invalid ciphertext: unable to decrypt")
        return JSONResponse({"data": {"plaintext": base64.b64encode(plain).decode()}})

    def _answer(self, request: Request, plain: bytes) -> Response:
        nonce = os.urandom(_NONCE)
        box = nonce + self._keys[request.path_params["name"]].encrypt(nonce, plain, None)
        wrapped = f"vault:v1:{base64.b64encode(box).decode()}"
        return JSONResponse({"data": {"ciphertext": wrapped, "key_version": 1}})


def build_app(token: str) -> Starlette:
    """The engine mounted at `transit`.

    Args:
        token: what every call must bring.
    """
    engine = Engine(token)

    def guarded(serve: Any) -> Any:
        async def served(request: Request) -> Response:
            refused = engine.refusal(request)
            answer: Response = refused if refused is not None else await serve(request)
            return answer

        return served

    async def seal(request: Request) -> Response:
        engine.sealed = request.url.path.endswith("/seal")
        return Response(status_code=204)

    at = "/v1/transit"
    return Starlette(
        routes=[
            Route(at + "/keys/{name}", guarded(engine.create), methods=["POST"]),
            Route(at + "/encrypt/{name}", guarded(engine.encrypt), methods=["POST"]),
            Route(at + "/decrypt/{name}", guarded(engine.decrypt), methods=["POST"]),
            Route(at + "/datakey/wrapped/{name}", guarded(engine.draw), methods=["POST"]),
            Route("/_sim/seal", seal, methods=["POST"]),
            Route("/_sim/unseal", seal, methods=["POST"]),
        ]
    )


def _errors(status: int, *told: str) -> Response:
    return JSONResponse({"errors": list(told)}, status)
