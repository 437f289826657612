"""What is under legal hold, and what was deleted."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import User
from earlyhelp.records.retention import LegalHold, Tombstone


def holds(connection: Connection, *, limit: int) -> Sequence[Any]:
    """Holds that stand, the newest first, with who placed them."""
    return connection.execute(
        select(Case.reference, LegalHold.reason, LegalHold.placed_at, User.name.label("placed_by"))
        .join(Case, Case.id == LegalHold.case_id)
        .outerjoin(User, User.id == LegalHold.placed_by_id)
        .where(LegalHold.lifted_at.is_(None))
        .order_by(LegalHold.id.desc())
        .limit(limit)
    ).all()


def tombstones(connection: Connection, *, limit: int) -> Sequence[Any]:
    """What was deleted last."""
    return connection.execute(select(Tombstone).order_by(Tombstone.id.desc()).limit(limit)).all()
