"""People who sign in at an OpenID provider: what they are called and may do here, and until when (SEC-5)."""

from __future__ import annotations

from datetime import datetime

from mpi.domain.access import Caller
from mpi.domain.network import Network
from mpi.domain.provider import Ended, Granted, Person, Provider, Visit, granted, is_strong, named
from mpi.errors import SignInRefused
from mpi.ports import Clock, Units
from mpi.usecases.attempts import attempt

_NO_ROLE = (
    "You have proved who you are, but none of your roles may use this service. Ask your data-quality lead for one: "
    "you signed in as {}."
)
_USED = "This sign-in has been used already. Sign in again."


class Visiting:
    """Sessions of people whom the provider knows. All methods raise `Unavailable`."""

    def __init__(self, units: Units, clock: Clock, network: Network, provider: Provider) -> None:
        self._units = units
        self._clock = clock
        self._network = network
        self._provider = provider

    def spend_question(self, state: str, until: datetime) -> None:
        """Take the answer to a question put to the provider, which holds until then at most. Raises `SignInRefused`
        when it has been answered before."""
        with self._units.begin() as unit:
            if not unit.spent.spend(f"sign-in {state}", until, self._clock.now()):
                raise SignInRefused(_USED)
            unit.commit()

    def welcome(
        self, person: Person, session: str, until: datetime, former: str = "", *, again: bool = False
    ) -> Caller:
        """Begin a session of whom the provider has told us of; it takes the place of `former`, the one that their
        browser had. `again`: they were sent to prove again who they are. Raises `SignInRefused` when they have no
        role here."""
        user = named(person)
        found = self._granted(person)
        if found is None:
            raise SignInRefused(_NO_ROLE.format(user))
        return attempt(lambda: self._welcome(person, user, found, session, until, former, again))

    def find(self, session: str) -> tuple[Caller, Visit] | None:
        """Who is signed in by a session, in the role they have by now; None when it is over or they have none."""
        with self._units.begin(read_only=True) as unit:
            visit = unit.signed_in.find(session, self._clock.now())
        if visit is None or visit.person.issuer != self._provider.issuer:
            return None
        found = self._granted(visit.person)
        return (self._caller(visit, found), visit) if found is not None else None

    def leave(self, caller: Caller, session: str) -> None:
        """Somebody signed out."""
        with self._units.begin() as unit:
            unit.signed_in.end(session)
            unit.audit.record(caller, "sign-out", [], {})
            unit.commit()

    def end(self, ended: Ended) -> None:
        """The provider has ended sessions. What it has said before is not heard again."""
        attempt(lambda: self._end(ended))

    def _welcome(
        self, person: Person, user: str, found: Granted, session: str, until: datetime, former: str, again: bool
    ) -> Caller:
        with self._units.begin() as unit:
            now = self._clock.now()
            visit = Visit(unit.signed_in.name(person, user, found.role, now), person, found.held.urid)
            unit.signed_in.end(former)
            unit.signed_in.begin(session, visit, until, now)
            caller = self._caller(visit, found)
            told = {"issuer": person.issuer, "subject": person.subject, "name": person.name, "acr": person.acr}
            unit.audit.record(caller, "step-up" if again else "sign-in", [], told)
            unit.commit()
            return caller

    def _end(self, ended: Ended) -> None:
        with self._units.begin() as unit:
            if not unit.spent.spend(f"logout {ended.issuer} {ended.token_id}", ended.expires, self._clock.now()):
                return
            for visit in unit.signed_in.end_all(ended):
                if found := self._granted(visit.person):
                    unit.audit.record(self._caller(visit, found), "sign-out-elsewhere", [], {})
            unit.commit()

    def _granted(self, person: Person) -> Granted | None:
        return granted(person, self._provider, self._network)

    def _caller(self, visit: Visit, found: Granted) -> Caller:
        person = visit.person
        strong = is_strong(self._provider, person.acr, person.authenticated, self._clock.now())
        return Caller(visit.user, found.role, found.organisation, strong=strong)
