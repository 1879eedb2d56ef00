"""What the archive asks of the index over HTTP. Every request may be sent again without harm."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from .failures import Refusal, Unavailable

BATCH = 500
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """Who a patient id is: `identifier` as the index spells it (authority, value), and what to write into images."""

    identifier: tuple[str, str]
    golden_id: str
    coercion: Json

    @property
    def issuer(self) -> str:
        """The namespace that the index writes as issuer of golden ids."""
        return str(self.coercion["attributes"]["00100021"]["Value"][0])


@dataclass(frozen=True, slots=True)
class Index:
    """The index at `url`. Raises `Unavailable` when it does not answer in `timeout` seconds, or says that it cannot;
    `Refusal` when it answers no."""

    url: str
    token: str
    timeout: float
    context: ssl.SSLContext | None = None
    connections: threading.local = field(default_factory=threading.local)  # one of each thread, kept open

    def resolve(self, questions: Sequence[Json]) -> list[Answer | Refusal]:
        """The answers in the order of the questions (at most `BATCH`); one that is refused fails no other."""
        answers: list[Answer | Refusal | None] = [None] * len(questions)
        while open_ := [at for at, answer in enumerate(answers) if answer is None]:
            status, told = self._send("POST", "/v1/resolve", {"requests": [questions[at] for at in open_]})
            if status == 200:
                for at, one in zip(open_, told["results"], strict=True):
                    answers[at] = _answer(one)
                continue
            refused = dict(_refused(told, len(open_)))
            if not refused:
                raise Unavailable(f"the index answered {status} {_code(told)}")
            for at, refusal in refused.items():
                answers[open_[at]] = refusal
        return [answer for answer in answers if answer is not None]

    def register(self, study: Json) -> str:
        """The golden id whose history a study is in, registered if it was not. Raises `Refusal` (conflict) when it is
        another patient's."""
        return str(self._done("POST", "/v1/studies", study)["golden_id"])

    def home(self, study_uid: str) -> str:
        """The golden id whose history a study is in, "" when the index does not know it."""
        status, told = self._send("GET", f"/v1/studies/{quote(study_uid, safe='')}")
        if status == 404:
            return ""
        if status != 200:
            raise _refusal(status, told)
        return str(told["golden_id"])

    def studies(self, archive: str) -> Iterator[tuple[str, str]]:
        """Every study the index believes that an archive holds, with its golden id."""
        after = ""
        while True:
            path = f"/v1/archives/{quote(archive, safe='')}/studies?limit=500{after}"
            status, page = self._send("GET", path)
            if status == 404:
                raise Refusal(
                    "not-found", f'the index knows no archive "{archive}"; see "Archive" in the configuration'
                )
            if status != 200:
                raise _refusal(status, page)
            yield from ((one["study_uid"], one["golden_id"]) for one in page["studies"])
            if not page["next"]:
                return
            after = "&after=" + quote(page["next"], safe="")

    def _done(self, method: str, path: str, body: Json | None = None) -> Json:
        status, told = self._send(method, path, body)
        if status not in (200, 201):
            raise _refusal(status, told)
        return told

    def _send(self, method: str, path: str, body: Json | None = None) -> tuple[int, Json]:
        """Status and JSON. A connection that the index has closed in the meantime is made anew, once."""
        for fresh in (False, True):
            connection = self._connection(fresh=fresh)
            reused = connection.sock is not None
            try:
                return self._exchange(connection, method, path, body)
            except (OSError, http.client.HTTPException, ValueError) as error:
                connection.close()
                if not reused or isinstance(error, TimeoutError):
                    raise Unavailable(f"the index cannot be reached: {type(error).__name__}") from None
        raise AssertionError  # a fresh connection is never a reused one

    def _exchange(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: Json | None
    ) -> tuple[int, Json]:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        connection.request(method, urlsplit(self.url).path + path, content, headers)
        answer = connection.getresponse()
        told = json.loads(answer.read() or b"{}")
        # Neither says anything of the question: a token that is not accepted must not send images into quarantine.
        if answer.status >= 500 or answer.status in (401, 403, 408, 429):
            raise Unavailable(f"the index answered {answer.status} {_code(told)}")
        return answer.status, told

    def _connection(self, *, fresh: bool) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self.connections, "kept", None)
        if kept is None or fresh:
            kept = self.connections.kept = self._new_connection()
        return kept

    def _new_connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            return http.client.HTTPSConnection(host, parts.port, timeout=self.timeout, context=self.context)
        return http.client.HTTPConnection(host, parts.port, timeout=self.timeout)


def _answer(told: Json) -> Answer | Refusal:
    if told["coercion"] is None:
        return Refusal("no-issuer", "the network file of the index has no [issuer]: nothing can be written")
    identifier = told["identifier"]
    return Answer((identifier["authority"], identifier["value"]), str(told["golden_id"]), told["coercion"])


def _refusal(status: int, told: Json) -> Refusal:
    return Refusal(_code(told) or str(status), f"the index answered {status}")


def _refused(told: Json, count: int) -> Iterator[tuple[int, Refusal]]:
    """Which of a batch's questions were refused, by the pointers of the problem."""
    reason = _code(told) or "refused"
    for error in told.get("errors", ()):
        _, _, rest = str(error.get("pointer", "")).partition("/requests/")
        number = rest.split("/")[0]
        if number.isdecimal() and int(number) < count:
            yield int(number), Refusal(reason, f"the index answered {reason}")


def _code(told: Json) -> str:
    """The stable code of a problem (RFC 9457)."""
    return str(told.get("type", "")).removeprefix("/problems/")
