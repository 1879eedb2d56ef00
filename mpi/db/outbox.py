"""Identity changes on their way to subscribers: events, and one row for each delivery still owed.

Deliveries are rows and not a cursor over event ids: ids are given before commit, so a cursor could pass one that is
not visible yet. Events of one person commit in id order, because they hold that person's records until then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Row, Text, Uuid, bindparam, func, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.tables import delivery, subscription
from mpi.domain.access import Caller
from mpi.domain.identifiers import Identifier
from mpi.domain.interest import Interest
from mpi.domain.views import Event, EventType, Study

# A subscription with an interest is told of an event that touches one of its studies (`mpi.domain.interest`).
_PUBLISH = Prepared(
    text(
        """with stored as (
         select s.study_uid, r.authority || '|' || r.value as patient, s.started_at, s.modalities, s.body_site,
           s.accession, s.organisation, s.archive
         from study s join source_record r on r.id = s.record_id where s.study_uid = any(:studies)),
       touched as (
         select * from stored union all
         select * from jsonb_to_recordset(:planned) as p(study_uid text, patient text, started_at timestamptz,
           modalities text[], body_site text, accession text, organisation text, archive text)),
       told as (
         insert into event (type, old_golden_ids, new_golden_ids, identifiers, studies, reason, detail, caller,
                            message_id, about)
         values (:type, :old_golden_ids, :new_golden_ids, :identifiers, :studies, :reason, :detail, :caller,
                 :message_id, coalesce((select jsonb_agg(jsonb_build_object('study_uid', study_uid,
                   'patient', patient, 'started_at', started_at, 'modalities', modalities,
                   'body_site', body_site, 'accession', accession, 'organisation', organisation, 'archive', archive)
                   order by study_uid) from touched), '[]'))
         returning id, type)
       insert into delivery (subscription_id, event_id)
         select s.id, t.id from told t join subscription s on (s.types = '{}' or t.type = any(s.types))
         where (s.modalities = '{}' and s.body_sites = '{}') or exists (select from touched y
           where (s.modalities = '{}' or y.modalities && s.modalities) and (s.body_sites = '{}'
             or regexp_replace(upper(y.body_site), '[^A-Z]', '', 'g') = any(s.body_sites)))"""
    ).bindparams(
        bindparam("old_golden_ids", type_=ARRAY(Uuid)),
        bindparam("new_golden_ids", type_=ARRAY(Uuid)),
        bindparam("identifiers", type_=ARRAY(Text)),
        bindparam("studies", type_=ARRAY(Text)),
        bindparam("detail", type_=JSONB),
        bindparam("planned", type_=JSONB),
        bindparam("message_id", type_=BigInteger),
    )
)
_LIST = Prepared(
    text(
        """select s.*, owed.pending, owed.oldest from subscription s cross join lateral (
         select count(*) as pending, min(e.at) as oldest from delivery d join event e on e.id = d.event_id
         where d.subscription_id = s.id) owed
       where cast(:owner as text) is null or s.owner = :owner order by s.id"""
    )
)
# "No key": new deliveries refer to the row while it is being served, and must not wait for a slow subscriber.
_DUE = Prepared(
    text(
        """select * from subscription s where s.due_at <= clock_timestamp() and s.stopped_at is null
       and (s.url like 'mllp:%') = :consumers and not s.id = any(:served)
       and exists (select from delivery d where d.subscription_id = s.id)
       order by s.due_at limit 1 for no key update skip locked"""
    ).bindparams(bindparam("consumers", type_=Boolean), bindparam("served", type_=ARRAY(BigInteger)))
)
_OLDEST = Prepared(
    text(
        """select e.* from delivery d join event e on e.id = d.event_id
       where d.subscription_id = :id order by e.id limit :limit"""
    )
)
_DONE = Prepared(text("delete from delivery where subscription_id = :id and event_id = any(:events)"))
_RESET = Prepared(
    text("update subscription set failures = 0, last_error = '', due_at = clock_timestamp() where id = :id")
)
# Back off 1 s, 2 s, 4 s ... to five minutes.
_FAILED = Prepared(
    text(
        """update subscription set failures = failures + 1, last_error = :error,
         due_at = clock_timestamp() + least(300, power(2, least(failures, 20))) * interval '1 second'
       where id = :id"""
    )
)
_STOP = Prepared(text("update subscription set stopped_at = clock_timestamp(), last_error = :error where id = :id"))
_ENROL = Prepared(
    text(
        """insert into subscription (url, types, secret, owner) values (:url, :types, '', :owner)
       on conflict (url) where url like 'mllp:%' do update set types = excluded.types, owner = excluded.owner
       where (subscription.types, subscription.owner) is distinct from (excluded.types, excluded.owner)"""
    ).bindparams(bindparam("types", type_=ARRAY(Text)))
)
_DISMISS = Prepared(
    text("delete from subscription where url like 'mllp:%' and not url = any(:urls)").bindparams(
        bindparam("urls", type_=ARRAY(Text))
    )
)
_RETRY = Prepared(
    text(
        """update subscription set stopped_at = null, failures = 0, last_error = '', due_at = clock_timestamp()
       where id = :id returning id"""
    )
)
# Whoever serves the subscription is waited for: what they deliver in this moment is not owed any more.
_HOLD = Prepared(text("select id from subscription where id = :id for no key update"))
_SET_ASIDE = Prepared(
    text(
        """delete from delivery where subscription_id = :id and event_id = :event_id
       and event_id = (select min(event_id) from delivery where subscription_id = :id) returning event_id"""
    )
)
# It has failed, and since then nothing: neither an error nor a delivery.
_GO_ON = Prepared(
    text(
        """update subscription set stopped_at = null, failures = greatest(failures, 1), last_error = '',
         due_at = clock_timestamp() where id = :id"""
    )
)
_OF_GOLDEN = Prepared(
    text(
        """select * from event where new_golden_ids @> array[:id] or (old_golden_ids <> '{}' and
         old_golden_ids @> array[:id]) order by id"""
    ).bindparams(bindparam("id", type_=Uuid))
)


class OutboxStore:
    """See `mpi.ports.Outbox`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection
        self._published: list[Event] = []

    @property
    def published(self) -> Sequence[Event]:
        """What this unit has published so far."""
        return self._published

    def publish(self, events: Iterable[Event], caller: Caller, message_id: int | None) -> None:
        """Append events and queue them for every subscription."""
        events = list(events)
        self._published += events
        rows = [
            {
                "type": item.type,
                "old_golden_ids": list(item.old_golden_ids),
                "new_golden_ids": list(item.new_golden_ids),
                "identifiers": [str(i) for i in item.identifiers],
                "studies": list(item.studies),
                "reason": item.reason,
                "detail": dict(item.detail),
                "planned": [_planned(study) for study in item.about],
                "caller": caller.user,
                "message_id": message_id,
            }
            for item in events
        ]
        for row in rows:  # in their order: ids are given one after another
            self._connection.run(_PUBLISH, row)

    def events(self, golden_id: UUID) -> list[Event]:
        """The events of a golden identity, oldest first."""
        return [_to_event(row) for row in self._connection.run(_OF_GOLDEN, {"id": golden_id})]

    def subscribe(self, url: str, types: Sequence[EventType], secret: str, owner: str, interest: Interest) -> int:
        """Add a subscription."""
        row = {"url": url, "types": [str(t) for t in types], "secret": secret, "owner": owner}
        row |= {"modalities": list(interest.modalities), "body_sites": list(interest.body_sites)}
        statement = insert(subscription).values(row).returning(subscription.c.id)
        added: int = self._connection.execute(statement).scalar_one()
        return added

    def subscriptions(self, owner: str | None) -> list[Mapping[str, Any]]:
        """Subscriptions with their backlog; all of them for owner None."""
        return [dict(row) for row in self._connection.run(_LIST, {"owner": owner}).mappings()]

    def unsubscribe(self, subscription_id: int, owner: str | None) -> bool:
        """Remove one; False when there is none of that owner's."""
        wanted = subscription.delete().where(subscription.c.id == subscription_id)
        if owner is not None:
            wanted = wanted.where(subscription.c.owner == owner)
        return bool(self._connection.execute(wanted).rowcount)

    def due(
        self, limit: int, served: Collection[int], *, consumers: bool
    ) -> tuple[Mapping[str, Any], list[Event]] | None:
        """A due subscription that nobody else is serving, and its oldest undelivered events."""
        parameters = {"consumers": consumers, "served": list(served)}
        row = next(self._connection.run(_DUE, parameters).mappings(), None)
        if row is None:
            return None
        return row, self.owed(row["id"], limit)

    def delivered(self, subscription_id: int, event_ids: Sequence[int]) -> None:
        """These reached the subscriber."""
        self._connection.run(_DONE, {"id": subscription_id, "events": list(event_ids)})
        self._connection.run(_RESET, {"id": subscription_id})

    def failed(self, subscription_id: int, error: str) -> None:
        """The next one did not; wait longer each time."""
        self._connection.run(_FAILED, {"id": subscription_id, "error": error[:500]})

    def stop(self, subscription_id: int, error: str) -> None:
        """The subscriber refused the next one for good: deliver nothing more until somebody has looked."""
        self._connection.run(_STOP, {"id": subscription_id, "error": error[:500]})

    def enrol(self, consumers: Mapping[str, Sequence[EventType]], owner: str) -> None:
        """Make these, with the events each is told, all the consumers there are."""
        for url, types in sorted(consumers.items()):
            self._connection.run(_ENROL, {"url": url, "types": [str(t) for t in types], "owner": owner})
        self._connection.run(_DISMISS, {"urls": list(consumers)})

    def owed(self, subscription_id: int, limit: int) -> list[Event]:
        """What a subscription is owed, oldest first."""
        return [_to_event(row) for row in self._connection.run(_OLDEST, {"id": subscription_id, "limit": limit})]

    def retry(self, subscription_id: int) -> bool:
        """Deliver now, from the oldest event owed, also to one that was stopped."""
        return self._connection.run(_RETRY, {"id": subscription_id}).one_or_none() is not None

    def set_aside(self, subscription_id: int, event_id: int) -> bool:
        """Forget the oldest event owed and go on with the next; False when it is not that one."""
        self._connection.run(_HOLD, {"id": subscription_id})
        gone = self._connection.run(_SET_ASIDE, {"id": subscription_id, "event_id": event_id})
        self._connection.run(_GO_ON, {"id": subscription_id})
        return gone.one_or_none() is not None

    def backlog(self) -> int:
        """How many deliveries are owed."""
        owed: int = self._connection.execute(select(func.count()).select_from(delivery)).scalar_one()
        return owed


def _planned(study: Study) -> dict[str, Any]:
    """A study that is only ordered, and so cannot be looked up."""
    return {
        "study_uid": study.study_uid,
        "patient": str(study.patient),
        "started_at": study.started_at.isoformat() if study.started_at else None,
        "modalities": list(study.modalities),
        "body_site": study.body_site,
        "accession": study.accession,
        "organisation": study.organisation,
        "archive": study.archive,
    }


def _to_event(row: Row[Any]) -> Event:
    return Event(
        id=row.id,
        type=EventType(row.type),
        at=row.at,
        old_golden_ids=tuple(row.old_golden_ids),
        new_golden_ids=tuple(row.new_golden_ids),
        identifiers=tuple(Identifier.parse(text) for text in row.identifiers),
        studies=tuple(row.studies),
        reason=row.reason,
        detail=row.detail,
        about=tuple(_to_study(told) for told in row.about),
    )


def _to_study(told: Mapping[str, Any]) -> Study:
    return Study(
        study_uid=told["study_uid"],
        patient=Identifier.parse(told["patient"]),
        started_at=datetime.fromisoformat(told["started_at"]).astimezone(UTC) if told["started_at"] else None,
        modalities=tuple(told["modalities"]),
        body_site=told["body_site"],
        accession=told["accession"],
        organisation=told["organisation"],
        archive=told["archive"],
    )
