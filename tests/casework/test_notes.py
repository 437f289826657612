"""Notes are struck through and corrected, never deleted; what matters for a child's life is flagged."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, select

from earlyhelp.casework.access import give_access
from earlyhelp.casework.notes import (
    KeptFile,
    correct_note,
    files_waiting,
    flag_significant,
    mark_scanned,
    strike_note,
    withdraw_flag,
    write_note,
)
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed
from earlyhelp.insight.notes import PAGE, notes_of
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.permissions import Person, load_person
from earlyhelp.records.cases import Case
from earlyhelp.records.notes import NoteFile
from tests.casework.watched_cases import MONDAY, Council, allocated, days

NOW = MONDAY + days(3)
NOTE = {"kind": "visit", "occurred_on": "2026-03-04", "words": "Seen at home"}


@pytest.fixture
def lead(connection: Connection, council: Council) -> dict[str, Any]:
    return {"reference": allocated(connection, council), "person": council["lead"], "now": NOW}


def notes(connection: Connection) -> list[Any]:
    case_id = connection.scalar(select(Case.id))
    assert case_id is not None
    return notes_of(connection, case_id=case_id)


def contributor(connection: Connection, council: Council, lead: dict[str, Any]) -> Person:
    given = {
        "user": "other_lead@council.example",
        "level": "contribute",
        "until": "2026-04-01",
        "reason": "TAF",
    }
    give_access(connection, **lead, given=given)
    user_id = council["other_lead"].id
    assert user_id is not None
    person = load_person(connection, user_id=user_id, now=NOW)
    assert person is not None
    return person


def test_a_correction_strikes_the_note_through_and_stands_beside_it(
    connection: Connection, lead: dict[str, Any]
) -> None:
    first = write_note(connection, **lead, given=NOTE)
    second = correct_note(
        connection,
        **lead,
        note_id=first,
        given={**NOTE, "words": "Seen at school", "reason": "Wrong place"},
    )
    new, old = (note.row for note in notes(connection))
    assert (new.id, new.words, new.replaces_id, new.struck_at) == (second, "Seen at school", first, None)
    assert (old.words, old.struck_by, old.struck_reason) == ("Seen at home", "Lead", "Wrong place")
    with pytest.raises(Refused):
        strike_note(connection, **lead, note_id=first, given={"reason": "Again"})


def test_a_note_needs_a_kind_words_and_a_day_that_has_come(
    connection: Connection, lead: dict[str, Any]
) -> None:
    with pytest.raises(BadFields) as refused:
        write_note(connection, **lead, given={"kind": "rumour", "occurred_on": "2026-03-09"})
    assert set(refused.value.errors) == {"kind", "occurred_on", "words"}


def test_who_was_let_in_to_contribute_writes_and_strikes_only_their_own(
    connection: Connection, council: Council, lead: dict[str, Any]
) -> None:
    leads = write_note(connection, **lead, given=NOTE)
    teacher = {**lead, "person": contributor(connection, council, lead)}
    own = write_note(connection, **teacher, given=NOTE)
    strike_note(connection, **teacher, note_id=own, given={"reason": "Another child"})
    with pytest.raises(NotAllowed):
        strike_note(connection, **teacher, note_id=leads, given={"reason": "I disagree"})
    reader = replace(teacher["person"], given_to_write=frozenset())
    with pytest.raises(NotAllowed):
        write_note(connection, **{**lead, "person": reader}, given=NOTE)


def test_a_flag_is_set_once_and_taken_away(connection: Connection, lead: dict[str, Any]) -> None:
    note_id = write_note(connection, **lead, given=NOTE)
    what = {**lead, "source": "note", "source_id": note_id}
    for reason in ("First time she spoke of home", "Said again"):
        flag_significant(connection, **what, given={"reason": reason})
    assert [note.row.significant for note in notes(connection)] == ["First time she spoke of home"]
    withdraw_flag(connection, **what)
    assert [note.row.significant for note in notes(connection)] == [None]
    for source, source_id in (("note", note_id + 1), ("case", 1)):
        with pytest.raises(NoSuchCase):
            flag_significant(
                connection, **lead, source=source, source_id=source_id, given={"reason": "not there"}
            )


def test_a_file_waits_until_the_scanner_has_spoken(connection: Connection, lead: dict[str, Any]) -> None:
    file = KeptFile("a" * 64, "damp.png", "image/png", 70, "waiting")
    for _ in range(2):
        write_note(connection, **lead, given=NOTE, files=[file])
    assert files_waiting(connection) == ["a" * 64]
    mark_scanned(connection, digest="a" * 64, scan="infected", now=NOW)
    assert files_waiting(connection) == []
    mark_scanned(connection, digest="a" * 64, scan="clean", now=NOW)
    assert set(connection.scalars(select(NoteFile.scan))) == {"infected"}, (
        "what was found is never taken back"
    )


def test_notes_come_in_pages_by_day_without_losing_or_repeating_one(
    connection: Connection, lead: dict[str, Any]
) -> None:
    for number in range(PAGE + 3):
        write_note(connection, **lead, given={**NOTE, "occurred_on": f"2026-02-{number % 5 + 1:02}"})
    case_id = connection.scalar(select(Case.id))
    assert case_id is not None
    first = notes_of(connection, case_id=case_id)[:PAGE]
    last = first[-1].row
    rest = notes_of(connection, case_id=case_id, after=(last.occurred_on, last.id))
    ids = [note.row.id for note in [*first, *rest]]
    assert len(ids) == len(set(ids)) == PAGE + 3
