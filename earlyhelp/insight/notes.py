"""Case notes as they are read: latest first, what was struck through still readable, files beside them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, or_, select
from sqlalchemy.orm import aliased

from earlyhelp.records.notes import CaseNote, NoteFile, SignificantEntry
from earlyhelp.records.organisation import User

PAGE = 25


class NoteShown(NamedTuple):
    """A note with its files."""

    row: Any
    files: Sequence[Any]


def notes_of(
    connection: Connection, *, case_id: int, kind: str = "", after: tuple[date, int] | None = None
) -> list[NoteShown]:
    """One page of notes, and one more if there are more: by day, latest first, in two queries."""
    where = [CaseNote.case_id == case_id]
    where += [CaseNote.kind == kind] if kind else []
    if after:
        day, note_id = after
        where.append(
            or_(CaseNote.occurred_on < day, and_(CaseNote.occurred_on == day, CaseNote.id < note_id))
        )
    rows = connection.execute(
        _notes().where(*where).order_by(CaseNote.occurred_on.desc(), CaseNote.id.desc()).limit(PAGE + 1)
    ).all()
    files: dict[int, list[Any]] = {}
    for file in connection.execute(
        select(NoteFile).where(NoteFile.note_id.in_([row.id for row in rows])).order_by(NoteFile.id)
    ):
        files.setdefault(file.note_id, []).append(file)
    return [NoteShown(row, files.get(row.id, [])) for row in rows]


def note_of(connection: Connection, *, case_id: int, note_id: int) -> Any:
    """One note of this case; None when it is not of this case."""
    statement = _notes().where(CaseNote.case_id == case_id, CaseNote.id == note_id)
    return connection.execute(statement).first()


def file_of(connection: Connection, *, case_id: int, file_id: int) -> Any:
    """One file of this case's notes; None when it is not of this case."""
    return connection.execute(
        select(NoteFile)
        .join(CaseNote, CaseNote.id == NoteFile.note_id)
        .where(CaseNote.case_id == case_id, NoteFile.id == file_id)
    ).one_or_none()


def _notes() -> Any:
    struck_by = aliased(User)
    flag = and_(
        SignificantEntry.case_id == CaseNote.case_id,
        SignificantEntry.source == "note",
        SignificantEntry.source_id == CaseNote.id,
        SignificantEntry.withdrawn_at.is_(None),
    )
    return (
        select(
            CaseNote,
            User.name.label("by"),
            struck_by.name.label("struck_by"),
            SignificantEntry.reason.label("significant"),
        )
        .join(User, User.id == CaseNote.by_id)
        .outerjoin(struck_by, struck_by.id == CaseNote.struck_by_id)
        .outerjoin(SignificantEntry, flag)
    )
