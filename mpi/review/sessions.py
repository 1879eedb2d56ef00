"""Who is at the pages: a token becomes a signed cookie, the cookie a `Caller` with the rights the API gives them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from fastapi import Request, Response

from mpi.domain.access import Caller
from mpi.review.bench import Bench
from mpi.review.cookies import forget_cookie, read_cookie, set_cookie
from mpi.review.seal import Seal

COOKIE = "mpi"
_REFRESH = 60  # seconds; the cookie is renewed no more often


@dataclass(frozen=True, slots=True)
class Session:
    """One signing-in: `who` stands for the token, which no cookie holds; times in seconds since 1970."""

    id: str
    who: str
    started: int
    seen: int


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks for a page; `csrf` is what their forms must bring along."""

    caller: Caller
    csrf: str
    session: Session | None = None  # None: not signed in, but let in by a launch


class Sessions:
    """Begins, finds, renews and ends sessions."""

    def __init__(self, bench: Bench, seal: Seal) -> None:
        self._bench = bench
        self._seal = seal
        self._callers = {seal.word("who", digest.lower()): caller for digest, caller in bench.callers.items()}

    def begin(self, token: str) -> tuple[Caller, Session] | None:
        """The session of whose token this is; None when it is nobody's."""
        # As long for one as for another: every one is compared, each in constant time.
        sought = self._seal.word("who", hashlib.sha256(token.encode()).hexdigest())
        found = [who for who in self._callers if hmac.compare_digest(who, sought)]
        if not found:
            return None
        now = self._now()
        return self._callers[sought], Session(secrets.token_urlsafe(16), sought, now, now)

    def visitor_of(self, request: Request) -> Visitor | None:
        """Who is signed in; None when nobody is, or no longer. Raises `Unavailable`."""
        content = self._seal.open("session", read_cookie(request, COOKIE))
        if content is None:
            return None
        session = Session(**content)
        caller = self._callers.get(session.who)  # gone when the token was withdrawn meanwhile
        if caller is None or self._expired(session) or self._bench.admission.is_over(session.id):
            return None
        return Visitor(caller, self.csrf(session.id), session)

    def csrf(self, session: str) -> str:
        """What a form sent in this session must bring along."""
        return self._seal.word("csrf", session)

    def keep(self, request: Request, response: Response, session: Session, *, renew: bool = False) -> None:
        """Send the session's cookie, when it is new or has not been renewed for a while."""
        now = self._now()
        if renew or now - session.seen >= _REFRESH:
            kept = replace(session, seen=now)
            set_cookie(request, response, COOKIE, self._seal.close("session", asdict(kept)))

    def end(self, request: Request, response: Response, visitor: Visitor) -> None:
        """Sign out. Raises `Unavailable`."""
        if visitor.session is not None:
            latest = datetime.fromtimestamp(visitor.session.started + self._bench.session_length, UTC)
            self._bench.admission.leave(visitor.caller, visitor.session.id, latest)
        forget_cookie(request, response, COOKIE)

    def _expired(self, session: Session) -> bool:
        now = self._now()
        return now - session.seen > self._bench.session_idle or now - session.started > self._bench.session_length

    def _now(self) -> int:
        return int(self._bench.clock.now().timestamp())
