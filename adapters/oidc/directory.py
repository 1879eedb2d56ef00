"""What a provider publishes: where its doors are (OpenID Connect Discovery 1.0) and its keys (RFC 7517)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mpi.domain.provider import Provider
from mpi.errors import SignInRefused
from mpi.settings import is_loopback

TIMEOUT_SECONDS = 10.0
AWAY = "The sign-in service cannot be reached. Try again later."
_LONGEST = 1 << 20  # bytes of an answer
_KEPT = timedelta(hours=1)
_PAUSE = timedelta(seconds=5)  # after a failure: who waits for a silent provider keeps a thread from others
_PATIENCE = timedelta(seconds=30)  # keys are asked for no more often, whatever tokens are sent to us
_ASYMMETRIC = frozenset({"RSA", "EC", "OKP"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Doors:
    """The addresses of a provider; "" for those it does not have. `by_header`: it takes a client's secret in the
    header (RFC 6749 2.3.1), else in the form. `names_itself`: its answers carry `iss` (RFC 9207)."""

    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    by_header: bool
    names_itself: bool


def call(client: httpx.Client, method: str, url: str, **more: Any) -> tuple[int, str, bytes]:
    """Status, media type and body of an answer. Raises `SignInRefused` when there is none, or none worth reading."""
    try:
        with client.stream(method, url, **more) as answer:
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > _LONGEST:
                    raise odd("its answer is too long")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The name of the failure only: its text may quote the URL and what stands in it.
        structlog.get_logger("mpi.oidc").warning("the sign-in service cannot be reached", error=type(error).__name__)
        raise SignInRefused(AWAY, away=True) from None
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return answer.status_code, kind, bytes(body)


def odd(why: str) -> SignInRefused:
    """The provider, or whoever speaks for it, does not keep to the protocol; `why` is for the log."""
    structlog.get_logger("mpi.oidc").warning("the sign-in service answered what cannot be used", fault=why)
    return SignInRefused(
        "The sign-in service gave an answer that cannot be used. Tell your IT service desk.", away=True
    )


def read(body: bytes, what: str) -> Mapping[str, Any]:
    """An answer as JSON. Raises `SignInRefused`."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise odd(f"{what} is no JSON object")
    return content


class Directory:
    """Remembers for an hour what a provider publishes; its keys are asked for anew when a token names another."""

    def __init__(self, provider: Provider, client: httpx.Client, now: Callable[[], datetime]) -> None:
        self._provider = provider
        self._client = client
        self._now = now
        self._lock = threading.Lock()
        self._doors: tuple[datetime, Doors] | None = None
        self._keys: tuple[datetime, KeySet] | None = None
        self._failed: datetime | None = None

    def doors(self) -> Doors:
        """Where the provider is reached."""
        with self._lock:
            if self._doors is None or self._now() - self._doors[0] > _KEPT:
                self._doors = self._now(), self._ask(self._discover)
            return self._doors[1]

    def keys(self, *, anew: bool = False) -> KeySet:
        """What its signatures are checked with; `anew`: a token was signed by none of those that are known."""
        doors = self.doors()
        with self._lock:
            age = self._now() - self._keys[0] if self._keys is not None else None
            if self._keys is None or age is None or age > _KEPT or (anew and age >= _PATIENCE):
                self._keys = self._now(), self._ask(lambda: self._fetch_keys(doors.keys))
            return self._keys[1]

    def _ask(self, fetch: Callable[[], T]) -> T:
        if self._failed is not None and self._now() - self._failed < _PAUSE:
            raise SignInRefused(AWAY, away=True)
        try:
            return fetch()
        except SignInRefused:
            self._failed = self._now()
            raise

    def _discover(self) -> Doors:
        issuer = self._provider.issuer
        url = issuer.rstrip("/") + "/.well-known/openid-configuration"
        told = self._get(url, "the discovery document")
        if told.get("issuer") != issuer:  # OpenID Connect Discovery 1.0 4.3
            raise odd("the discovery document is another issuer's")
        methods = told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return Doors(
            authorization=_address(told, "authorization_endpoint"),
            token=_address(told, "token_endpoint"),
            keys=_address(told, "jwks_uri"),
            userinfo=_address(told, "userinfo_endpoint", needed=False),
            end_session=_address(told, "end_session_endpoint", needed=False),
            by_header="client_secret_basic" in methods,
            names_itself=told.get("authorization_response_iss_parameter_supported") is True,
        )

    def _fetch_keys(self, url: str) -> KeySet:
        listed = self._get(url, "the key set").get("keys")
        if not isinstance(listed, list):
            raise odd("the key set has no keys")
        # A secret among public keys would let anybody sign.
        kept = [key for key in listed if isinstance(key, dict) and key.get("kty") in _ASYMMETRIC]
        try:
            return KeySet.import_key_set({"keys": kept})
        except (JoseError, ValueError, TypeError, KeyError):
            raise odd("the key set cannot be read") from None

    def _get(self, url: str, what: str) -> Mapping[str, Any]:
        status, _, body = call(self._client, "GET", url, headers={"Accept": "application/json"})
        if status != 200:
            raise odd(f"{what} was answered with {status}")
        return read(body, what)


def _address(told: Mapping[str, Any], key: str, *, needed: bool = True) -> str:
    value = told.get(key)
    if not value and not needed:
        return ""
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or not parts.hostname:
        raise odd(f"the discovery document has no {key}")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise odd(f"{key} is not reached by TLS")
    return str(value)
