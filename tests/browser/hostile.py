"""An OpenID provider that answers whatever a test wants: forged, stale, meant for others, or nothing."""

from __future__ import annotations

import hmac
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.browser.openid import Late, role

CLIENT = "imaging-index"


class Hostile:
    """Serves until stopped, by a test's clock. Before an answer a test sets what is wrong with it; `honest` takes all
    of it back."""

    def __init__(self, clock: Late) -> None:
        self._clock = clock
        self._own = RSAKey.generate_key(2048, {"kid": "first"})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.honest()

    def honest(self) -> None:
        """Everything as it should be."""
        self.key = self._own
        self.published: list[Any] = [self.key]
        self.claims: dict[str, Any] = {}  # of the next ID token, in place of the right ones; None leaves one out
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "first"}
        self.document: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}  # by path, in place of the right ones
        self.user: dict[str, Any] = {}
        self.asked: dict[str, str] = {}  # the last authentication request
        self.called: list[str] = []  # paths
        self.forms: list[tuple[dict[str, str], Mapping[str, str]]] = []  # token requests, with their headers

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def see(self, location: str) -> dict[str, str]:
        """Note where a browser was sent; returns the request's parameters."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        return self.asked

    def now(self) -> int:
        """Seconds since 1970."""
        return int(self._clock.now().timestamp())

    def told(self) -> dict[str, Any]:
        """The claims of an ID token."""
        now = self.now()
        right = {"iss": self.issuer, "aud": CLIENT, "sub": "4711", "iat": now, "exp": now + 300, "auth_time": now}
        right |= {"nonce": self.asked.get("nonce", ""), "acr": "AAL2_OR_AAL3_ANY", "sid": "s-1"}
        return {name: value for name, value in (right | self.claims).items() if value is not None}

    def id_token(self) -> str:
        """Signed as `header` says: not at all by the algorithm none, and with HS256 by what everybody knows."""
        if self.header["alg"] not in {"none", "HS256"}:
            return self.signed(self.told())
        unsigned = ".".join(_encoded(json.dumps(part).encode()) for part in (self.header, self.told()))
        known = self._own.as_pem(private=False)
        forged = hmac.digest(known, unsigned.encode(), "sha256") if self.header["alg"] == "HS256" else b""
        return f"{unsigned}.{_encoded(forged)}"

    def signed(self, claims: Mapping[str, Any], **header: Any) -> str:
        """Any claims."""
        return jwt.encode({**self.header, **header}, dict(claims), self.key, algorithms=[self.header["alg"]])

    def answer(self, method: str, path: str, form: dict[str, str], headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body."""
        self.called.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
            ends |= {"userinfo_endpoint": "me", "end_session_endpoint": "out"}
            places = {name: f"{self.issuer}/{end}" for name, end in ends.items()}
            return 200, json.dumps({"issuer": self.issuer, **places, **self.document}).encode()
        if path == "/keys":
            return 200, json.dumps(KeySet(self.published).as_dict(private=False)).encode()
        if path == "/token" and method == "POST":
            self.forms.append((form, headers))
            return 200, json.dumps(
                {"access_token": "at", "token_type": "Bearer", "id_token": self.id_token()}
            ).encode()
        if path == "/me":
            right = {"sub": "4711", "name": "Hana Hostile", "nhsid_nrbac_roles": [role("R8008", "RMC", "7")]}
            right["selected_roleid"] = "7"
            return 200, json.dumps(right | self.user).encode()
        return 404, b"{}"


def _encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).decode().rstrip("=")


def _handler(provider: Hostile) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: dict[str, str]) -> None:
            status, body = provider.answer(self.command, urlsplit(self.path).path, form, dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """In silence."""

    return Handler
