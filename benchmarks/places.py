"""The databases that are measured: a SQLite file with synchronous=FULL, and a PostgreSQL that loses nothing either."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import make_url

from tests.support import postgresql

SETTING = "EARLYHELP_BENCH_DATABASE_URL"
"""A server to measure on instead of our own: databases are made in it and dropped."""
DURABLE = ("max_connections=100", "shared_buffers=512MB")


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database of this kind, which is thrown away afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / uuid4().hex}.sqlite3"
        return
    server = os.environ.get(SETTING) or _own_server(folder)
    name = f"earlyhelp_bench_{uuid4().hex[:8]}"
    _run(server, f"CREATE DATABASE {name}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _run(server, f"DROP DATABASE {name} WITH (FORCE)")


def stop_server(folder: Path) -> None:
    postgresql.stop(folder)


def _own_server(folder: Path) -> str:
    # The tests' server may lose everything when it falls; one that is measured may not.
    vars(postgresql)["NOTHING_TO_LOSE"] = DURABLE
    os.environ.pop(postgresql.SETTING, None)
    folder.chmod(0o711)  # PostgreSQL runs as another user and must pass through
    return postgresql.server_url(folder)


def _run(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.encode())
