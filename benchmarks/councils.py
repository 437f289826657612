"""The councils of a run: each is filled once, for whichever part asks first, and all sizes are there side by side.

So what is measured of one is measured of all in the same minute, and a machine that slows down is unjust to none.
"""

import gc
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection, Engine, func, select

from benchmarks.filling import fill, restrict_some
from benchmarks.measuring import Figures, timed
from benchmarks.places import database
from earlyhelp.permissions import Person, load_person
from earlyhelp.records.cases import Case
from earlyhelp.records.database import connect
from earlyhelp.records.organisation import User, UserRole


@dataclass(frozen=True)
class Council:
    """A council that is filled already."""

    name: str
    """On which database and of what size."""
    engine: Engine
    url: str
    filled_in: float
    """Seconds."""


class Councils:
    """Those of a run, which are thrown away at its end."""

    def __init__(self, folder: Path, sizes: Sequence[int]) -> None:
        self.folder, self._sizes = folder, sizes
        self._kept = ExitStack()
        self._filled: dict[str, Sequence[Council]] = {}

    def __enter__(self) -> "Councils":
        return self

    def __exit__(self, *_: TracebackType | type[BaseException] | BaseException | None) -> None:
        self._kept.close()

    def on(self, kind: str) -> Sequence[Council]:
        """One of each size on this kind of database."""
        if kind not in self._filled:
            self._filled[kind] = [self._fill(kind, size) for size in self._sizes]
            gc.freeze()  # as each web process does when it has loaded
        return self._filled[kind]

    def _fill(self, kind: str, size: int) -> Council:
        url = self._kept.enter_context(database(kind, self.folder))
        engine = connect(url)
        self._kept.callback(engine.dispose)
        filled_in = timed(partial(fill, engine, contacts=size))
        restrict_some(engine)
        return Council(f"{kind}, {size:,}", engine, url, filled_in)


def run(councils: Councils, *, kind: str) -> Figures:
    """How long `simulate --fast` takes. Goal: 1,000,000 contacts with their histories in 300 s."""
    return {f"fill {council.name} contacts: s": council.filled_in for council in councils.on(kind)}


def busiest(connection: Connection, role: str) -> Person:
    """Of those with this role, who leads most open cases, or whose team has most."""
    counted = (
        Case.lead_professional_id == User.id if role == "lead_professional" else Case.team_id == User.team_id
    )
    statement = (
        select(User.id)
        .join(UserRole, UserRole.user_id == User.id)
        .outerjoin(Case, counted & Case.is_open)
        .where(UserRole.role == role)
        .group_by(User.id)
        .order_by(func.count(Case.id).desc(), User.id)
        .limit(1)
    )
    person = load_person(connection, user_id=connection.execute(statement).scalar_one())
    assert person is not None
    return person
