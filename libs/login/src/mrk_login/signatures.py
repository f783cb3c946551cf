"""Signatures of tokens, by the names of JOSE (RFC 7518, 3.1; RFC 8037, 3.1)."""

from typing import Final

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""Those by a key pair: whoever verifies them cannot make them."""
