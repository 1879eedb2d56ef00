"""Checks what a provider has signed: ID tokens (OpenID Connect Core 1.0 3.1.3.7) and logout tokens."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from adapters.oidc.directory import Directory
from mpi.domain.provider import LEEWAY, Provider
from mpi.errors import SignInRefused

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_CLOCKS = (
    "The clock of the sign-in service and that of this service differ, or its answer took too long. Sign in again; "
    "if it happens again, tell your IT service desk."
)
_FORGED = "What came back was not signed by the sign-in service for this one. Sign in again from this page."


def read_id_token(
    token: str, provider: Provider, directory: Directory, nonce: str, now: datetime
) -> Mapping[str, Any]:
    """The claims of an ID token; raises `SignInRefused` unless it was signed by the provider, for us, now, in answer
    to our question."""
    claims = _signed(token, provider, directory)
    _check_parties(claims, provider)
    _check_times(claims, now)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise refused("nonce")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise refused("sub")
    return claims


def read_logout_token(token: str, provider: Provider, directory: Directory, now: datetime) -> Mapping[str, Any]:
    """The claims of a logout token (OpenID Connect Back-Channel Logout 1.0 2.6). Raises `SignInRefused`."""
    claims = _signed(token, provider, directory)
    _check_parties(claims, provider)
    _check_times(claims, now)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise refused("events")
    if "nonce" in claims:  # it would be an ID token
        raise refused("nonce")
    for name in ("jti", "sid", "sub"):
        if not isinstance(claims.get(name, ""), str):
            raise refused(name)
    if not claims.get("jti"):
        raise refused("jti")
    if not (claims.get("sid") or claims.get("sub")):
        raise refused("sid")
    return claims


def refused(claim: str) -> SignInRefused:
    """A token that is not for us to take; `claim` is what is wrong with it, for the log."""
    structlog.get_logger("mpi.oidc").warning("a token of the sign-in service was refused", fault=claim)
    return SignInRefused(_FORGED)


def moment(claims: Mapping[str, Any], name: str) -> datetime | None:
    """A time among the claims, None when there is none or it is none."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _signed(token: str, provider: Provider, directory: Directory) -> Mapping[str, Any]:
    try:
        try:
            return _verified(token, provider, directory.keys())
        except (InvalidKeyIdError, BadSignatureError):
            return _verified(token, provider, directory.keys(anew=True))  # the provider may have new keys
    except (JoseError, ValueError, TypeError, KeyError) as failure:
        raise refused(type(failure).__name__) from None


def _verified(token: str, provider: Provider, keys: KeySet) -> Mapping[str, Any]:
    # Providers put headers of their own beside; what a token calls critical must still be known.
    registry = JWSRegistry(algorithms=provider.algorithms, strict_check_header=False)
    return jwt.decode(token, keys, registry=registry).claims


def _check_parties(claims: Mapping[str, Any], provider: Provider) -> None:
    if claims.get("iss") != provider.issuer:
        raise refused("iss")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if provider.client_id not in audiences:
        raise refused("aud")
    party = claims.get("azp")
    if (party is not None or len(audiences) > 1) and party != provider.client_id:
        raise refused("azp")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    expires, issued = moment(claims, "exp"), moment(claims, "iat")
    if expires is None or issued is None:
        raise refused("exp" if expires is None else "iat")
    if now - expires >= LEEWAY or issued - now > LEEWAY:
        structlog.get_logger("mpi.oidc").warning("a token of the sign-in service was refused", fault="clock")
        raise SignInRefused(_CLOCKS)
