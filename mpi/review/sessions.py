"""Who is at the pages: a token, or a provider's word, becomes a signed cookie, and the cookie a `Caller`."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from fastapi import Request, Response

from mpi.domain.access import Caller
from mpi.domain.provider import Visit
from mpi.review.bench import Bench
from mpi.review.cookies import forget_cookie, read_cookie, set_cookie
from mpi.review.places import SIGN_IN
from mpi.review.seal import Seal

COOKIE = "mpi"
_REFRESH = 60  # seconds; the cookie is renewed no more often
_BY_PROVIDER = "provider"  # whose sessions are kept in the database


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
    visit: Visit | None = None  # what the provider has said of them; None: signed in with a token

    @property
    def leaves_to(self) -> str:
        """The origin where signing out continues; "" when it ends here."""
        parts = urlsplit(self.visit.person.end_session if self.visit else "")
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


class Sessions:
    """Begins, finds, renews and ends sessions."""

    def __init__(self, bench: Bench, seal: Seal) -> None:
        self._bench = bench
        self._seal = seal
        callers = bench.callers if bench.token_sign_in else {}
        self._callers = {seal.word("who", digest.lower()): caller for digest, caller in callers.items()}

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
        if self._expired(session):
            return None
        if session.who == _BY_PROVIDER:
            found = self._bench.provider.visiting.find(session.id) if self._bench.provider else None
            return Visitor(found[0], self.csrf(session.id), session, found[1]) if found else None
        caller = self._callers.get(session.who)  # gone when the token was withdrawn meanwhile
        if caller is None or self._bench.admission.is_over(session.id):
            return None
        return Visitor(caller, self.csrf(session.id), session)

    def last_of(self, request: Request) -> str:
        """The id of the browser's session, even when it has been left alone for too long; "" when it has none."""
        content = self._seal.open("session", read_cookie(request, COOKIE))
        return str(content["id"]) if content is not None else ""

    def new_by_provider(self) -> Session:
        """A session of somebody whom the provider has told us of."""
        now = self._now()
        return Session(secrets.token_urlsafe(16), _BY_PROVIDER, now, now)

    def latest_of(self, session: Session) -> datetime:
        """When a session ends in any case."""
        return datetime.fromtimestamp(session.started + self._bench.session_length, UTC)

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
        session, door = visitor.session, self._bench.provider
        if session is not None and visitor.visit is not None and door is not None:
            door.visiting.leave(visitor.caller, session.id)
        elif session is not None:
            self._bench.admission.leave(visitor.caller, session.id, self.latest_of(session))
        forget_cookie(request, response, COOKIE)

    def way_out(self, visitor: Visitor) -> str:
        """Where signing out continues (OpenID Connect RP-Initiated Logout 1.0 2); "" when it ends here."""
        door, visit = self._bench.provider, visitor.visit
        if door is None or visit is None or not visit.person.end_session:
            return ""
        told = {
            "id_token_hint": visit.person.id_token,
            "client_id": door.provider.client_id,
            "post_logout_redirect_uri": door.provider.address + SIGN_IN,
        }
        there = visit.person.end_session
        return f"{there}{'&' if '?' in there else '?'}{urlencode(told)}"

    def _expired(self, session: Session) -> bool:
        now = self._now()
        return now - session.seen > self._bench.session_idle or now - session.started > self._bench.session_length

    def _now(self) -> int:
        return int(self._bench.clock.now().timestamp())
