"""What is recorded leaves in open formats, is read again by others, and comes back equal."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import Engine, insert, select

from earlyhelp.casework.audit import verify_all
from earlyhelp.casework.whole_import import ImportRefused, import_everything
from earlyhelp.exporting.event_log import write_csv, write_xes
from earlyhelp.exporting.placing import placed
from earlyhelp.exporting.whole import export_everything
from earlyhelp.insight.event_log import logged_events
from earlyhelp.records.access_seals import AccessSeal
from earlyhelp.records.cases import Event
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.database import connect, reading, transaction
from earlyhelp.records.organisation import User
from earlyhelp.records.people import Person
from earlyhelp.records.plain_text import all_tables
from earlyhelp.records.reference import AccessEntry
from tests.casework.watched_cases import MONDAY, allocated, contact, council_in, days, swept

XES = "{http://www.xes-standard.org/}"
GRAMMAR = Path(__file__).parent / "xes.rng"
COLUMNS = (
    "reference,sequence,action,from_state,to_state,occurred_at,recorded_at,actor,actor_role,"
    "team,agency,lead_professional,pathway,pathway_version,fields"
)
AWKWARD = ["\\N", "\\", '"quoted", and\na line', "=1+1", "مرحبا 🧸", "", " edge "]


@pytest.fixture
def engine_with_cases(engine: Engine) -> Engine:
    council = council_in(engine)
    with transaction(engine) as connection:
        allocated(connection, council)
        contact(connection, council, at=MONDAY + days(1), surname="O'Brien-Ξένια")
        swept(connection, MONDAY + days(9))
        first = connection.scalars(select(Person.id).order_by(Person.id)).first()
        connection.execute(
            insert(OutboxMessage),
            [
                {
                    "message_key": f"awkward-{number}",
                    "topic": "tests",
                    "subject": text[:200],
                    "body": text,
                    "urgent": False,
                    "created_at": datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC),
                    "status": "dead",
                    "next_attempt_at": MONDAY,
                }
                for number, text in enumerate(AWKWARD)
            ],
        )
        seal = {"number": 1, "last_entry": 40, "digests": "", "previous_hash": "0", "hash": "1"}
        connection.execute(insert(AccessSeal).values(**seal, sealed_at=MONDAY))
        # The record that was kept came after the one that was merged into it.
        kept = connection.execute(
            insert(Person).values(public_id="KEPT", given_name="A", family_name="B", created_at=MONDAY)
        ).inserted_primary_key
        assert kept is not None
        connection.execute(Person.__table__.update().where(Person.id == first).values(merged_into_id=kept[0]))  # type: ignore[attr-defined]
    return engine


def rows_of(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with reading(engine) as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in all_tables()
        }


def exported(engine: Engine, folder: Path) -> Path:
    folder.mkdir()
    with reading(engine) as connection:
        export_everything(connection, folder, now=MONDAY)
    return folder


def test_the_event_log_has_the_columns_of_the_interface_and_every_event(
    engine_with_cases: Engine, tmp_path: Path
) -> None:
    with reading(engine_with_cases) as connection, placed(tmp_path / "events.csv") as file:
        number = write_csv(logged_events(connection), file)
        stored = connection.execute(select(Event).order_by(Event.case_id, Event.sequence)).all()
    text = (tmp_path / "events.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert text.splitlines()[0] == COLUMNS
    assert number == len(rows) == len(stored)
    for row, event in zip(rows, stored, strict=True):
        assert (int(row["sequence"]), row["action"], row["actor"]) == (
            event.sequence,
            event.action,
            event.actor,
        )
        assert datetime.fromisoformat(row["occurred_at"]) == event.occurred_at
        assert json.loads(row["fields"]) == event.fields
    assert rows[-2]["lead_professional"] or rows[-3]["lead_professional"]


def test_the_xes_log_has_a_trace_for_each_case_and_its_events_in_order(
    engine_with_cases: Engine, tmp_path: Path
) -> None:
    with reading(engine_with_cases) as connection, placed(tmp_path / "events.xes") as file:
        number = write_xes(logged_events(connection), file)
    document = etree.parse(tmp_path / "events.xes")
    etree.RelaxNG(etree.parse(GRAMMAR)).assertValid(document)
    log = document.getroot()
    assert {e.get("prefix") for e in log.findall(f"{XES}extension")} == {
        "concept",
        "time",
        "lifecycle",
        "org",
    }
    traces = log.findall(f"{XES}trace")
    assert len(traces) == 2
    assert sum(len(trace.findall(f"{XES}event")) for trace in traces) == number
    for trace in traces:
        sequences = [int(each.get("value")) for each in trace.iterfind(f"{XES}event/{XES}int")]
        assert sequences == list(range(1, len(sequences) + 1))
        for moment in trace.iterfind(f"{XES}event/{XES}date"):
            assert datetime.fromisoformat(moment.get("value")).tzinfo is not None
        first = {e.get("key"): e.get("value") for e in trace.find(f"{XES}event")}
        assert first["concept:name"] == "receive_contact"
        assert first["lifecycle:transition"] == "complete"


def test_a_whole_database_comes_back_equal(
    engine_with_cases: Engine, tmp_path: Path, sqlite_url: Callable[[], str], request: pytest.FixtureRequest
) -> None:
    folder = exported(engine_with_cases, tmp_path / "export")
    empty = [sqlite_url()]
    if engine_with_cases.dialect.name == "postgresql":
        empty.append(request.getfixturevalue("postgresql_url")())
    for url in empty:
        target = connect(url)
        with transaction(target) as connection:
            import_everything(connection, folder)
        assert rows_of(target) == rows_of(engine_with_cases)
        with transaction(target) as connection:
            assert [broken for _, broken in verify_all(connection) if broken] == []
            made = connection.execute(
                insert(Person).values(public_id="NEXT", given_name="A", family_name="B", created_at=MONDAY)
            )
            assert made.inserted_primary_key is not None
            reader = select(User.id).limit(1).scalar_subquery()
            entry = (
                insert(AccessEntry).values(at=MONDAY, user_id=reader, what="case").returning(AccessEntry.id)
            )
            assert connection.execute(entry).scalar_one() > 40, (
                "not the number of one that was sealed and erased"
            )
        target.dispose()


def test_the_dictionary_tells_every_column(engine_with_cases: Engine, tmp_path: Path) -> None:
    folder = exported(engine_with_cases, tmp_path / "export")
    with (folder / "data-dictionary.csv").open(newline="") as file:
        told = {(row["table"], row["column"]): row for row in csv.DictReader(file)}
    assert told.keys() == {(table.name, column.name) for table in all_tables() for column in table.columns}
    assert told["events", "occurred_on"]["meaning"].startswith("The local day of")
    assert told["events", "case_id"]["refers to"] == "cases.id"


def refused(folder: Path, url: str) -> str:
    target = connect(url)
    before = rows_of(target)
    with pytest.raises(ImportRefused) as fault, transaction(target) as connection:
        import_everything(connection, folder)
    assert rows_of(target) == before
    target.dispose()
    return str(fault.value)


def test_a_changed_or_unfinished_export_is_refused_and_changes_nothing(
    engine_with_cases: Engine, tmp_path: Path, sqlite_url: Callable[[], str]
) -> None:
    folder = exported(engine_with_cases, tmp_path / "export")
    people = folder / "people.csv"
    whole = people.read_bytes()
    people.write_bytes(whole.replace(b"Tregenza", b"Pascoe"))
    assert "people.csv is not the file that was exported" in refused(folder, sqlite_url())
    people.unlink()
    assert "people.csv is missing" in refused(folder, sqlite_url())
    people.write_bytes(whole)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"revision": "9999"}))
    assert "9999" in refused(folder, sqlite_url())
    (folder / "manifest.json").unlink()
    assert "no finished export" in refused(folder, sqlite_url())


def test_an_import_into_a_database_in_use_is_refused(engine_with_cases: Engine, tmp_path: Path) -> None:
    folder = exported(engine_with_cases, tmp_path / "export")
    with pytest.raises(ImportRefused, match="there are cases"), transaction(engine_with_cases) as connection:
        import_everything(connection, folder)


def test_a_file_that_failed_half_way_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("before")
    with pytest.raises(TypeError), placed(path) as file:
        file.writelines([b"half", "text"])  # type: ignore[list-item]
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["events.csv"]
