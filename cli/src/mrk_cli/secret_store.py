"""The stack's secrets: made at random at the first start, kept in files of mode 600."""

import base64
import json
import secrets

from mrk_cli.layout import Layout
from mrk_local.folders import secret_file

_CALLERS = {
    "notify": "notify_internal_token",
    "spanlapor-bridge": "bridge_internal_token",
    "routing": "routing_internal_token",
}
"""Who may ask intake's role `internal`, and the file with its token."""


_KEYS = (
    "intake_vault_key",
    "intake_tracking_key",
    "intake_session_key",
    "routing_session_key",
    "routing_token_key",
    "routing_webhook_key",
)
"""Of 32 random bytes each."""


def ensure(layout: Layout) -> None:
    """Make what is missing and leave what is there.

    A vault key is never replaced: another one would make every stored reporter unreadable.
    Credentials that two sides share are made once and written in both sides' forms.
    """
    folder = layout.secrets
    for name in _KEYS:
        secret_file(folder / name, base64.b64encode(secrets.token_bytes(32)).decode())
    tokens = {caller: secret_file(folder / file) for caller, file in _CALLERS.items()}
    secret_file(folder / "intake_service_credentials", json.dumps(tokens))
    secret_file(folder / "intake_oidc_client_secret")
    lapor = {"bearer": secret_file(folder / "lapor_auth")}
    lapor["token"] = secret_file(folder / "lapor_token")
    secret_file(folder / "simulator_lapor_tokens", json.dumps(lapor))
    username = secret_file(folder / "smtp_username")
    password = secret_file(folder / "smtp_password")
    secret_file(folder / "simulator_mail_login", f"{username}:{password}")
