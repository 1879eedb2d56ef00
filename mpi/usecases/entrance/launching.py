"""Letting in who comes from a hospital's patient record by a signed link: once, soon, and to one person only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from mpi.domain.access import Caller, Role
from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.domain.launch import Launch, Launcher, is_signed
from mpi.domain.network import Network
from mpi.errors import Forbidden
from mpi.ports import Clock, Units

WINDOW = 300  # seconds; a link that would hold longer is refused, for it could be passed on
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_UNTRUSTED = "this link was not made by a system that may open this page, or it was changed on the way"
_INCOMPLETE = "this link names no user, or its nonce is not 16 to 64 letters, digits, hyphens and underscores"
_EXPIRED = "this link has expired; open it again from the patient's record"
_FAR = "this link would hold for longer than five minutes; the clock of the system that made it is wrong"
_USED = "this link has been used; open it again from the patient's record"


class Launching:
    """Checks launches; raises `Forbidden` in a sentence for who followed the link."""

    def __init__(self, units: Units, network: Network, clock: Clock, launchers: Mapping[str, Launcher]) -> None:
        self._units = units
        self._network = network
        self._clock = clock
        self._launchers = launchers

    def admit(self, launch: Launch, given: str) -> tuple[Caller, Identifier]:
        """Whom to let in, as a viewer of the launcher's organisation, and to which patient; audited as a launch.
        Raises `Refused` for an unknown issuer, `Unavailable`."""
        launcher = self._launchers.get(launch.launcher)
        if launcher is None or not is_signed(launch, launcher.secret, given):
            raise Forbidden(_UNTRUSTED)
        if not (_NONCE.fullmatch(launch.nonce) and launch.user.strip()):
            raise Forbidden(_INCOMPLETE)
        now = self._clock.now()
        self._check_time(launch, now)
        patient = self._patient(launch, launcher)
        caller = self.caller(launcher, launch.user)
        with self._units.begin() as unit:
            until = datetime.fromtimestamp(launch.expires, UTC)
            if not unit.spent.spend(f"launch {launcher.id} {launch.nonce}", until, now):
                raise Forbidden(_USED)
            unit.audit.record(caller, "launch", [str(patient)], {"launcher": launcher.id, "user": launch.user})
            unit.commit()
        return caller, patient

    def find(self, name: str) -> Launcher | None:
        """The launcher of that name, None when it may no longer launch."""
        return self._launchers.get(name)

    @staticmethod
    def caller(launcher: Launcher, user: str) -> Caller:
        """In whose name a launched page is read: the launcher's user, who has no other role here than to look."""
        name = f"launch/{launcher.id}/{user}"
        return Caller(name, Role.VIEWER, launcher.organisation, reason="has the patient's record open")

    def _check_time(self, launch: Launch, now: datetime) -> None:
        left = launch.expires - now.timestamp()
        if left <= 0:
            raise Forbidden(_EXPIRED)
        if left > WINDOW:
            raise Forbidden(_FAR)

    def _patient(self, launch: Launch, launcher: Launcher) -> Identifier:
        """A launcher opens its own patients: by a number its organisation issues or has taken over, or NHS number."""
        authority = self._network.authority(launch.issuer)
        value = Identifier(authority.id, launch.patient)
        if authority.id == NHS_AUTHORITY:
            return replace(value, value="".join(launch.patient.split()).replace("-", ""))
        if launcher.organisation not in {authority.owner, *authority.successors.values()}:
            raise Forbidden(f"{launcher.id} may not open patients of issuer '{launch.issuer}'")
        return value
