"""People whom an OpenID provider has told us of, and their sessions at the pages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.domain.access import Role
from mpi.domain.provider import Ended, Held, Person, Visit

_FORGET = Prepared(text("delete from provider_session where until < :now"))
_NAME = Prepared(
    text(
        """insert into account (issuer, subject, "user", role, seen_at) values (:issuer, :subject, :user, :role, :now)
       on conflict (issuer, subject) do update set role = excluded.role, seen_at = excluded.seen_at
       returning "user" """
    )
)
_BEGIN = Prepared(
    text(
        """insert into provider_session (id, issuer, subject, "user", held, selected, urid, provider_session, acr,
            authenticated_at, id_token, end_session, until)
       values (:id, :issuer, :subject, :user, :held, :selected, :urid, :provider_session, :acr, :authenticated_at,
            :id_token, :end_session, :until)"""
    ).bindparams(bindparam("held", type_=JSONB))
)
_FIND = Prepared(text("select * from provider_session where id = :id and until >= :now"))
_END = Prepared(text("delete from provider_session where id = :id"))
_END_ALL = Prepared(
    text(
        """delete from provider_session where issuer = :issuer and (:session = '' or provider_session = :session)
       and (:subject = '' or subject = :subject) returning *"""
    )
)
_SEEN = Prepared(
    text("""select distinct "user" from account where seen_at >= :since and role = any(:roles)""").bindparams(
        bindparam("roles", type_=ARRAY(Text))
    )
)


class SignedInStore:
    """See `mpi.ports.SignedIn`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection

    def name(self, person: Person, user: str, role: Role, now: datetime) -> str:
        """What they are called here: `user`, unless they have come before."""
        told = {"issuer": person.issuer, "subject": person.subject, "user": user, "role": role, "now": now}
        return str(self._connection.run(_NAME, told).one().user)

    def begin(self, session: str, visit: Visit, until: datetime, now: datetime) -> None:
        """Keep a session; those that hold no longer `now` are let go."""
        person = visit.person
        self._connection.run(_FORGET, {"now": now})
        self._connection.run(
            _BEGIN,
            {
                "id": session,
                "issuer": person.issuer,
                "subject": person.subject,
                "user": visit.user,
                "held": [[sorted(one.codes), one.organisation, one.urid] for one in person.held],
                "selected": person.selected,
                "urid": visit.urid,
                "provider_session": person.session,
                "acr": person.acr,
                "authenticated_at": person.authenticated,
                "id_token": person.id_token,
                "end_session": person.end_session,
                "until": until,
            },
        )

    def find(self, session: str, now: datetime) -> Visit | None:
        """Whose session it is; None when it is over."""
        row = self._connection.run(_FIND, {"id": session, "now": now}).one_or_none()
        return _visit(row) if row is not None else None

    def end(self, session: str) -> None:
        """Nobody is signed in by it any more."""
        self._connection.run(_END, {"id": session})

    def end_all(self, ended: Ended) -> list[Visit]:
        """The same for what a provider has ended; returns those."""
        told = {"issuer": ended.issuer, "session": ended.session, "subject": ended.subject}
        return [_visit(row) for row in self._connection.run(_END_ALL, told)]

    def seen(self, roles: Collection[Role], since: datetime) -> frozenset[str]:
        """Who has come in one of these roles since then."""
        rows = self._connection.run(_SEEN, {"roles": [str(role) for role in roles], "since": since})
        return frozenset(str(row.user) for row in rows)


def _visit(row: Any) -> Visit:
    held = tuple(Held(frozenset(codes), organisation, urid) for codes, organisation, urid in row.held)
    person = Person(
        issuer=row.issuer,
        subject=row.subject,
        name="",
        held=held,
        selected=row.selected,
        session=row.provider_session,
        acr=row.acr,
        authenticated=row.authenticated_at,
        id_token=row.id_token,
        end_session=row.end_session,
    )
    return Visit(row.user, person, row.urid)
