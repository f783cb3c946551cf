"""The provider's addresses (OpenID Connect Core, Discovery and RP-Initiated Logout 1.0)."""

import base64
import binascii
import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mrk_simulators.clock import utc_now
from mrk_simulators.login.issuer import ALGORITHMS, TOKEN_SECONDS, Issuer
from mrk_simulators.login.people import PEOPLE, by_subject
from mrk_simulators.pages import escape, page, stream_json
from mrk_simulators.store import GroupCommitStore

_ASKED = ("client_id", "redirect_uri", "state", "nonce", "code_challenge", "scope",
          "response_type", "code_challenge_method")  # fmt: skip


class Provider:
    """Answers browsers and the client.

    Args:
        issuer: grants codes and signs.
        store: keeps what happened.
    """

    def __init__(self, issuer: Issuer, store: GroupCommitStore) -> None:
        self._issuer = issuer
        self._store = store

    async def discovery(self, request: Request) -> Response:
        """`GET /.well-known/openid-configuration`."""
        del request
        base = self._issuer.url
        return JSONResponse(
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "userinfo_endpoint": f"{base}/userinfo",
                "end_session_endpoint": f"{base}/logout",
                "jwks_uri": f"{base}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": list(ALGORITHMS),
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic", "client_secret_post",
                ],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid", "profile"],
                "claims_supported": ["sub", "name", "roles"],
            }
        )  # fmt: skip

    async def keys(self, request: Request) -> Response:
        """`GET /jwks`: the public keys."""
        del request
        return JSONResponse(self._issuer.published())

    async def authorize(self, request: Request) -> Response:
        """`GET /authorize`: asks who one wants to be; `POST`: sends back with a code."""
        given: Mapping[str, Any] = (
            request.query_params if request.method == "GET" else await request.form()
        )
        asked = {name: str(given.get(name, "")) for name in _ASKED}
        client = self._issuer.client
        # nothing is sent to an address that is not registered
        if asked["client_id"] != client.id or asked["redirect_uri"] not in client.redirects:
            return _html("Klien tidak dikenal / Unknown client", "", 400)
        wrong = _wrong(asked)
        if wrong is not None:
            return _back(asked, self._issuer.url, {"error": wrong})
        if request.method == "GET":
            return _choice(asked)
        person = by_subject(str(given.get("person", "")))
        if person is None:
            return _back(asked, self._issuer.url, {"error": "access_denied"})
        await self._note("login", person.subject)
        code = self._issuer.grant(
            person, asked["redirect_uri"], asked["nonce"] or None, asked["code_challenge"]
        )
        return _back(asked, self._issuer.url, {"code": code})

    async def token(self, request: Request) -> Response:
        """`POST /token`: an ID token and an access token for a code, once."""
        form = await request.form()
        given = {name: str(value) for name, value in form.items()}
        if not self._is_client(request, given):
            headers = {"www-authenticate": "Basic"}
            return JSONResponse({"error": "invalid_client"}, 401, headers)
        if given.get("grant_type") != "authorization_code":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        redeemed = self._issuer.redeem(
            given.get("code", ""), given.get("redirect_uri", ""), given.get("code_verifier", "")
        )
        if redeemed is None:
            await self._note("refused code", None)
            return JSONResponse({"error": "invalid_grant"}, 400)
        person, id_token, access_token = redeemed
        await self._note("token", person.subject)
        body = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "id_token": id_token,
        }
        return JSONResponse(body, headers={"cache-control": "no-store"})

    async def userinfo(self, request: Request) -> Response:
        """`GET /userinfo`: who an access token is for."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        subject = self._issuer.person_of(token) if scheme.lower() == "bearer" else None
        person = by_subject(subject) if subject is not None else None
        if person is None:
            headers = {"www-authenticate": 'Bearer error="invalid_token"'}
            return JSONResponse({"error": "invalid_token"}, 401, headers)
        return JSONResponse(
            {"sub": person.subject, "name": person.name, "roles": list(person.roles)}
        )

    async def logout(self, request: Request) -> Response:
        """`GET /logout`: back to a registered address, or to a page that says goodbye."""
        query = request.query_params
        await self._note("logout", None)
        wanted = query.get("post_logout_redirect_uri", "")
        known = wanted in self._issuer.client.goodbyes
        if known and query.get("client_id") == self._issuer.client.id:
            state = query.get("state")
            tail = "" if state is None else "?" + urlencode({"state": state})
            return RedirectResponse(wanted + tail, 303)
        return _html("Anda sudah keluar / You are logged out", "")

    async def rotate(self, request: Request) -> Response:
        """`POST /_sim/keys`: new keys; the ones before verify no more."""
        del request
        self._issuer.rotate()
        return JSONResponse(self._issuer.published())

    async def health(self, request: Request) -> Response:
        """`GET /_sim/health`: answers once the store is open."""
        del request
        return JSONResponse({"status": "ok"})

    async def records(self, request: Request) -> Response:
        """`GET /_sim/records`: what happened, oldest first."""
        del request
        return await stream_json(self._store, _exported)

    async def _note(self, what: str, subject: str | None) -> None:
        row = (what, subject, self._issuer.client.id, utc_now())

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO login (what, subject, client, at) VALUES (?, ?, ?, ?)", row
            )

        await self._store.write(insert)

    def _is_client(self, request: Request, given: Mapping[str, str]) -> bool:
        name, secret = given.get("client_id", ""), given.get("client_secret", "")
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                joined = base64.b64decode(encoded, validate=True).decode()
            except (binascii.Error, ValueError):
                return False
            name, secret = (unquote_plus(part) for part in joined.partition(":")[::2])
        client = self._issuer.client
        right = secrets.compare_digest(secret.encode(), client.secret.encode())
        return right and name == client.id


def build_app(issuer: Issuer, store: GroupCommitStore) -> Starlette:
    """The application."""
    provider = Provider(issuer, store)
    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.discovery),
            Route("/jwks", provider.keys),
            Route("/authorize", provider.authorize, methods=["GET", "POST"]),
            Route("/token", provider.token, methods=["POST"]),
            Route("/userinfo", provider.userinfo),
            Route("/logout", provider.logout),
            Route("/_sim/keys", provider.rotate, methods=["POST"]),
            Route("/_sim/health", provider.health),
            Route("/_sim/records", provider.records),
        ]
    )


def _wrong(asked: Mapping[str, str]) -> str | None:
    if asked["response_type"] != "code":
        return "unsupported_response_type"
    if "openid" not in asked["scope"].split():
        return "invalid_scope"
    if asked["code_challenge_method"] != "S256" or not asked["code_challenge"]:
        return "invalid_request"
    return None


def _back(asked: Mapping[str, str], issuer: str, told: Mapping[str, str]) -> Response:
    # RFC 9207: the answer names who gives it
    query = urlencode({**told, "state": asked["state"], "iss": issuer})
    return RedirectResponse(f"{asked['redirect_uri']}?{query}", 303)


def _choice(asked: Mapping[str, str]) -> Response:
    hidden = "".join(
        f"<input type=hidden name={name} value='{escape(value)}'>" for name, value in asked.items()
    )
    people = "".join(
        f"<p><button name=person value='{escape(each.subject)}'>{escape(each.name)}</button> "
        f"{escape(', '.join(each.roles) or '-')}"
        for each in PEOPLE
    )
    return _html(
        "Masuk sebagai / Log in as",
        "<p>Penyedia login untuk pengembangan: siapa pun boleh menjadi siapa pun. / "
        "A provider for development: anybody may be anybody."
        f"<form method=post action=authorize>{hidden}{people}</form>",
    )


def _html(title: str, body: str, status: int = 200) -> Response:
    return HTMLResponse(page(title, body), status, {"cache-control": "no-store"})


def _exported(connection: sqlite3.Connection) -> Iterator[str]:
    connection.execute("BEGIN")
    yield "["
    rows = connection.execute("SELECT id, what, subject, client, at FROM login ORDER BY id")
    for place, row in enumerate(rows):
        yield ("," if place else "") + json.dumps(dict(row))
    yield "]"
