"""Signing people in by the Authorization Code flow with PKCE (OpenID Connect Core 1.0 3.1, RFC 7636)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import ssl
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from adapters.oidc.directory import TIMEOUT_SECONDS, Directory, call, odd, read
from adapters.oidc.tokens import moment, read_id_token, read_logout_token, refused
from mpi.domain.provider import LEEWAY, Ended, Person, Provider, held_in, is_strong
from mpi.errors import SignInRefused
from mpi.ports.provider import Leaving

CALLBACK = "/review/sign-in/callback"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTED_SECONDS = 60  # how long a word of ours holds; CIS2 allows five minutes
_TOO_WEAK = "The sign-in service did not confirm a sign-in that is strong enough. Sign in again the stronger way."


class OpenId:
    """See `mpi.ports.provider.SignInService`. Safe for use by several threads; connects to nothing yet."""

    def __init__(self, provider: Provider, now: Callable[[], datetime]) -> None:
        self._provider = provider
        self._now = now
        trust = ssl.create_default_context(cafile=provider.ca) if provider.ca else True
        # Unlike subscribers the provider may be outside the network: the environment's proxies are for it.
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, verify=trust, follow_redirects=False)
        self._directory = Directory(provider, self._client, now)
        kind = ECKey if provider.key_algorithm.startswith("ES") else RSAKey
        self._key = kind.import_key(provider.key, {"kid": provider.key_id, "use": "sig"}) if provider.key else None

    def door(self, leaving: Leaving) -> str:
        """The authentication request."""
        provider = self._provider
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": provider.address + CALLBACK,
            "scope": " ".join(provider.scopes),
            "state": leaving.state,
            "nonce": leaving.nonce,
            "code_challenge": _challenge(leaving.verifier),
            "code_challenge_method": "S256",
        }
        if levels := provider.strong_acr if leaving.strong else provider.acr:
            asked["acr_values"] = " ".join(levels)
        if leaving.strong:
            asked["max_age"] = str(provider.strong_seconds)
        door = self._directory.doors().authorization
        return f"{door}{'&' if '?' in door else '?'}{urlencode(asked, quote_via=quote)}"

    def person(self, code: str, issuer: str, leaving: Leaving) -> Person:
        """Spend the code, check what it buys, and read who it is about."""
        provider, doors = self._provider, self._directory.doors()
        if (issuer or doors.names_itself) and issuer != provider.issuer:  # RFC 9207 2.4: a mix-up
            raise refused("iss")
        told = self._exchange(code, leaving)
        id_token = told.get("id_token")
        if not isinstance(id_token, str):
            raise odd("there is no ID token")
        claims = read_id_token(id_token, provider, self._directory, leaving.nonce, self._now())
        authenticated, acr = moment(claims, "auth_time"), str(claims.get("acr", ""))
        self._check_level(acr, authenticated, leaving)
        if doors.userinfo:
            claims = {**self._userinfo(doors.userinfo, str(told.get("access_token", "")), claims["sub"]), **claims}
        return Person(
            issuer=provider.issuer,
            subject=claims["sub"],
            name=str(claims.get("name", "")),
            held=held_in(claims, provider.roles_claim),
            selected=str(claims.get("selected_roleid", "")),
            session=str(claims.get("sid", "")),
            acr=acr,
            authenticated=authenticated,
            id_token=id_token,
            end_session=doors.end_session if provider.sign_out else "",
        )

    def ended(self, logout_token: str) -> Ended:
        """What a logout token says."""
        claims = read_logout_token(logout_token, self._provider, self._directory, self._now())
        expires = moment({"exp": claims["exp"] + LEEWAY.total_seconds()}, "exp")
        if expires is None:  # beyond all time
            raise refused("exp")
        return Ended(claims["iss"], claims["jti"], claims.get("sid", ""), claims.get("sub", ""), expires)

    def keys(self) -> dict[str, Any]:
        """What the provider checks our assertions with, empty when we use a secret."""
        return dict(KeySet([self._key] if self._key else []).as_dict(private=False))

    def _check_level(self, acr: str, authenticated: datetime | None, leaving: Leaving) -> None:
        provider = self._provider
        weak = provider.acr and acr not in {*provider.acr, *provider.strong_acr}
        if weak or (leaving.strong and not is_strong(provider, acr, authenticated, self._now())):
            raise SignInRefused(_TOO_WEAK)

    def _exchange(self, code: str, leaving: Leaving) -> Mapping[str, Any]:
        """The token request (3.1.3.1), and the answer to it."""
        provider, doors = self._provider, self._directory.doors()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": provider.address + CALLBACK,
            "code_verifier": leaving.verifier,
        }
        auth = None
        if self._key is not None:
            form |= {"client_id": provider.client_id, "client_assertion_type": _ASSERTION}
            form["client_assertion"] = self._assertion(self._key, doors.token)
        elif doors.by_header:
            # Both are form-encoded first (RFC 6749 2.3.1).
            auth = httpx.BasicAuth(quote(provider.client_id, safe=""), quote(provider.secret, safe=""))
        else:
            form |= {"client_id": provider.client_id, "client_secret": provider.secret}
        status, _, body = call(self._client, "POST", doors.token, data=form, auth=auth)
        told = read(body, "the token answer")
        if status == 400 and told.get("error") == "invalid_grant":
            raise SignInRefused("This sign-in has been used or has expired. Sign in again.")
        if status != 200:
            raise odd(f"the token request was answered with {status}")
        return told

    def _assertion(self, key: RSAKey | ECKey, audience: str) -> str:
        """Who we are, signed (RFC 7523 3, `private_key_jwt`)."""
        now = int(self._now().timestamp())
        client = self._provider.client_id
        parties = {"iss": client, "sub": client, "aud": audience, "jti": secrets.token_urlsafe(24)}
        claims = {**parties, "iat": now, "exp": now + _ASSERTED_SECONDS}
        algorithm = self._provider.key_algorithm
        return jwt.encode({"alg": algorithm, "kid": self._provider.key_id}, claims, key, [algorithm])

    def _userinfo(self, url: str, access_token: str, subject: str) -> Mapping[str, Any]:
        """What else the provider says of the same person (5.3.2)."""
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        status, kind, body = call(self._client, "GET", url, headers=headers)
        if status != 200 or kind != "application/json":
            raise odd(f"userinfo was answered with {status} as {kind[:40]}")
        told = read(body, "userinfo")
        if not hmac.compare_digest(str(told.get("sub", "")).encode(), subject.encode()):
            raise refused("sub")
        return told


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
