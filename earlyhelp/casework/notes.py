"""Case notes: written, struck through, corrected by another; their files; what is flagged as significant."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from earlyhelp.casework.answers import Answers
from earlyhelp.casework.desk import WORKING_ROLES, case_to_write_on, note_change, row_of
from earlyhelp.casework.perform import engine_for
from earlyhelp.casework.reading import CaseRow
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.facts import Refused
from earlyhelp.permissions import Person, acting_roles
from earlyhelp.records.cases import Event
from earlyhelp.records.notes import CaseNote, NoteFile, SignificantEntry

Given = Mapping[str, Any]
Errors = Mapping[str, list[str]] | None
NOTE_TYPES = "note_type"
ONLY_TYPE = {"note": "Case note"}
"""For pathways that declare no types of note."""
SIGNIFICANT = {"event": Event, "note": CaseNote}


@dataclass(frozen=True)
class KeptFile:
    """A file that lies in the store already, and what is known of it."""

    digest: str
    name: str
    media_type: str
    size: int
    scan: str


def note_types(codes: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The types of note of a pathway, by code."""
    return {code: entry.label for code, entry in codes.get(NOTE_TYPES, {}).items()} or ONLY_TYPE


def write_note(
    connection: Connection,
    *,
    reference: str,
    person: Person,
    given: Given,
    now: datetime,
    files: Sequence[KeptFile] = (),
    known_errors: Errors = None,
) -> int:
    """Write a note: `kind`, `occurred_on` (today if empty), `words`, `significant` (why, or empty). Its id."""
    case = case_to_write_on(connection, reference=reference, person=person)
    values, significant = _read_note(connection, case, given, known_errors, now)
    return _written(connection, case, values, significant, files, person, now)


def correct_note(
    connection: Connection,
    *,
    reference: str,
    note_id: int,
    person: Person,
    given: Given,
    now: datetime,
    known_errors: Errors = None,
) -> int:
    """Strike a note through and write another in its place; `reason` says what was wrong. The new note's id."""
    case = case_to_write_on(connection, reference=reference, person=person)
    row = _own_note(connection, case, note_id, person)
    reason = Answers(given, known_errors)
    words = reason.words("reason", missing="Enter what was wrong", longest=1000)
    values, significant = _read_note(connection, case, given, reason.errors, now)
    _struck(connection, case, row, words, person, now)
    return _written(connection, case, {**values, "replaces_id": note_id}, significant, (), person, now)


def strike_note(
    connection: Connection,
    *,
    reference: str,
    note_id: int,
    person: Person,
    given: Given,
    now: datetime,
    known_errors: Errors = None,
) -> None:
    """Strike a note through with a `reason`, such as that it belongs to another family. It stays readable."""
    case = case_to_write_on(connection, reference=reference, person=person)
    row = _own_note(connection, case, note_id, person)
    answers = Answers(given, known_errors)
    reason = answers.words("reason", missing="Enter why it is struck through", longest=1000)
    answers.checked()
    _struck(connection, case, row, reason, person, now)


def flag_significant(
    connection: Connection,
    *,
    reference: str,
    source: str,
    source_id: int,
    person: Person,
    given: Given,
    now: datetime,
    known_errors: Errors = None,
) -> None:
    """Flag an event or a note as significant, with the `reason`. Flagging twice changes nothing."""
    case = case_to_write_on(connection, reference=reference, person=person)
    row_of(connection, _table(source, reference), row_id=source_id, case=case)
    answers = Answers(given, known_errors)
    reason = answers.words("reason", missing="Enter why it is significant", longest=500)
    answers.checked()
    _flagged(connection, case, source, source_id, reason, person, now)


def withdraw_flag(
    connection: Connection, *, reference: str, source: str, source_id: int, person: Person, now: datetime
) -> None:
    """Take the flag away. Who had set it, and why, stays in the journal."""
    case = case_to_write_on(connection, reference=reference, person=person)
    row_of(connection, _table(source, reference), row_id=source_id, case=case)
    ended = connection.execute(
        update(SignificantEntry)
        .where(*_flags(case, source, source_id))
        .values(withdrawn_at=now, withdrawn_by_id=person.id)
    )
    if ended.rowcount:
        _note(connection, case, "flag_withdrawn", _table(source, reference), source_id, {}, person, now)


def mark_scanned(connection: Connection, *, digest: str, scan: str, now: datetime) -> None:
    """What the scanner said of a file in quarantine, wherever the same content was attached."""
    connection.execute(
        update(NoteFile)
        .where(NoteFile.digest == digest, NoteFile.scan == "waiting")
        .values(scan=scan, scanned_at=now)
    )


def files_waiting(connection: Connection, *, limit: int = 20) -> list[str]:
    """Digests of files in quarantine, oldest first."""
    rows = connection.scalars(
        select(NoteFile.digest).where(NoteFile.scan == "waiting").order_by(NoteFile.id).limit(limit)
    )
    return list(dict.fromkeys(rows))


def _table(source: str, reference: str) -> Any:
    if source not in SIGNIFICANT:
        raise NoSuchCase(reference)
    return SIGNIFICANT[source]


def _flags(case: CaseRow, source: str, source_id: int) -> tuple[Any, ...]:
    return (
        SignificantEntry.case_id == case.id,
        SignificantEntry.source == source,
        SignificantEntry.source_id == source_id,
        SignificantEntry.withdrawn_at.is_(None),
    )


def _flagged(
    connection: Connection,
    case: CaseRow,
    source: str,
    source_id: int,
    reason: str,
    person: Person,
    now: datetime,
) -> None:
    if connection.scalar(select(SignificantEntry.id).where(*_flags(case, source, source_id))):
        return
    connection.execute(
        insert(SignificantEntry).values(
            case_id=case.id,
            source=source,
            source_id=source_id,
            reason=reason,
            flagged_at=now,
            flagged_by_id=person.id,
        )
    )
    table = SIGNIFICANT[source]
    _note(connection, case, "flagged_significant", table, source_id, {"reason": reason}, person, now)


def _own_note(connection: Connection, case: CaseRow, note_id: int, person: Person) -> Any:
    """A note that this person may strike: their own, or any for who leads or manages the case."""
    row = row_of(connection, CaseNote, row_id=note_id, case=case)
    leads_or_manages = bool(acting_roles(person, case) & WORKING_ROLES)
    if not (row.by_id == person.id or leads_or_manages):
        raise NotAllowed
    if row.struck_at is not None:
        raise Refused("This note was struck through already")
    return row


def _read_note(
    connection: Connection, case: CaseRow, given: Given, known: Errors, now: datetime
) -> tuple[dict[str, Any], str]:
    answers = Answers(given, known)
    today = now.astimezone(LONDON).date()
    types = note_types(engine_for(connection, case).pathway.codes)
    values = {
        "kind": answers.code("kind", types, missing="Select what kind of note it is"),
        "occurred_on": answers.day("occurred_on", latest=today) or today,
        "words": answers.words("words", missing="Enter the note", longest=20_000),
    }
    significant = answers.words("significant", longest=500)
    answers.checked()
    return values, significant


def _written(
    connection: Connection,
    case: CaseRow,
    values: Mapping[str, Any],
    significant: str,
    files: Sequence[KeptFile],
    person: Person,
    now: datetime,
) -> int:
    note_id = connection.execute(
        insert(CaseNote)
        .values(**values, case_id=case.id, written_at=now, by_id=person.id)
        .returning(CaseNote.id)
    ).scalar_one()
    if files:
        rows = [{"note_id": note_id, "added_at": now, "scanned_at": None, **asdict(file)} for file in files]
        connection.execute(insert(NoteFile), rows)
    content = {
        **values,
        "occurred_on": values["occurred_on"].isoformat(),
        "files": [file.digest for file in files],
    }
    _note(connection, case, "note_written", CaseNote, note_id, content, person, now)
    if significant:
        _flagged(connection, case, "note", note_id, significant, person, now)
    return note_id


def _struck(
    connection: Connection, case: CaseRow, row: Any, reason: str, person: Person, now: datetime
) -> None:
    connection.execute(
        update(CaseNote)
        .where(CaseNote.id == row.id)
        .values(struck_at=now, struck_by_id=person.id, struck_reason=reason)
    )
    _note(connection, case, "struck_through", CaseNote, row.id, {"reason": reason}, person, now)


def _note(
    connection: Connection,
    case: CaseRow,
    what: str,
    table: Any,
    row_id: int,
    content: Mapping[str, Any],
    person: Person,
    now: datetime,
) -> None:
    note_change(
        connection,
        case,
        what=what,
        table=table,
        row_id=row_id,
        content=content,
        person=person,
        now=now,
    )
