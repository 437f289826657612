"""A PostgreSQL primary that acknowledges nothing its replica does not hold, and the replica, on ports of their own."""

import os
import shutil
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support import postgresql

NAME = "earlyhelp"


@dataclass(frozen=True)
class Database:
    """One server: its files and its port."""

    data: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{NAME}"

    def start(self, *settings: str) -> None:
        options = (f"port={self.port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={self.data}")
        said = " ".join(f"-c {one}" for one in (*options, "shared_buffers=256MB", *settings))
        _run(self.data, "pg_ctl", "--pgdata", str(self.data), "--wait", "--log", f"{self.data}/log",
             "--options", said, "start")  # fmt: skip

    def promote(self) -> None:
        """Let the replica be the primary from now on."""
        _run(self.data, "pg_ctl", "--pgdata", str(self.data), "--wait", "promote")

    def kill(self) -> None:
        """All its processes at once, as when the power goes."""
        main = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(main, signal.SIGSTOP)  # it must not begin anything meanwhile
        for process in (*_children(main), main):
            os.kill(process, signal.SIGKILL)
        (self.data / "postmaster.pid").unlink()

    def answered(self) -> int:
        """Transactions that it has carried out for others; those of the last second may be missing."""
        asked = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s"
        with psycopg.connect(self.url.replace(f"/{NAME}", "/postgres"), autocommit=True) as connection:
            row = connection.execute(asked, (NAME,)).fetchone()
        return int(row[0]) if row else 0

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            _run(self.data, "pg_ctl", "--pgdata", str(self.data), "--mode", "immediate", "stop")


def primary(folder: Path) -> Database:
    """A new primary with an empty database. It waits for its replica with every commit once there is one."""
    server = Database(folder / "primary", _free_port())
    server.data.mkdir(mode=0o700)
    _give_away(server.data)
    _run(server.data, "initdb", "--pgdata", str(server.data), "--auth=trust", "--username=postgres",
         "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")  # fmt: skip
    server.start()
    with psycopg.connect(server.url.replace(f"/{NAME}", "/postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {NAME}")
    return server


def replica(of: Database) -> Database:
    """A streaming replica, which the primary waits for from now on."""
    server = Database(of.data.with_name("replica"), _free_port())
    server.data.mkdir(mode=0o700)
    _give_away(server.data)
    _run(server.data, "pg_basebackup", "--pgdata", str(server.data), "--write-recovery-conf", "--no-sync",
         "--checkpoint=fast", "--dbname", of.url.replace(f"/{NAME}", "/postgres"))  # fmt: skip
    server.start("synchronous_standby_names=")
    with psycopg.connect(of.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        connection.execute("SELECT pg_reload_conf()")
    return server


def address(first: Database, second: Database, *, preferring: str) -> str:
    """Both servers in one address: the driver takes the first that is what is preferred."""
    hosts = "&".join(f"host=127.0.0.1:{one.port}" for one in (first, second))
    return f"postgresql://postgres@/{NAME}?{hosts}&target_session_attrs={preferring}&connect_timeout=2"


def _run(data: Path, program: str, *arguments: str) -> None:
    vars(postgresql)["_run"](data, program, *arguments)


def _give_away(data: Path) -> None:
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(data, postgresql.UNPRIVILEGED)


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(entry.parent.name))
    return found


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
