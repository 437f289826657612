"""Publishing pathway versions, and the calendar that every process counts by."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from earlyhelp.casework.pathways import (
    NO_CLOSURES,
    VersionTaken,
    close_office,
    compiled,
    open_office,
    publish,
    read_calendar_version,
    running_pathway_id,
    stage_rules,
)
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.places import workflows
from earlyhelp.records.cases import CalendarDay
from earlyhelp.records.clocks import StageRule
from earlyhelp.records.reference import PublishedPathway
from tests.casework.watched_cases import MONDAY, contact, days, found_council, the_clock


def standard(**changed: str) -> object:
    return load_content({**content_of(load(workflows() / "standard.toml")), **changed})


def test_publishing_the_same_version_again_changes_nothing(connection: Connection) -> None:
    pathway = load(workflows() / "standard.toml")
    first = publish(connection, pathway, by="tests", now=MONDAY)
    assert publish(connection, pathway, by="tests", now=MONDAY + days(1)) == first
    rules = connection.execute(select(StageRule.clock).where(StageRule.pathway_id == first)).all()
    assert len(rules) == len(stage_rules(pathway))


def test_changed_content_needs_a_new_version(connection: Connection) -> None:
    publish(connection, load(workflows() / "standard.toml"), by="tests", now=MONDAY)
    with pytest.raises(VersionTaken, match="new version"):
        publish(connection, standard(title="Another title"), by="tests", now=MONDAY)  # type: ignore[arg-type]


def test_new_cases_start_on_the_newest_version_and_old_ones_keep_theirs(connection: Connection) -> None:
    old = publish(connection, load(workflows() / "standard.toml"), by="tests", now=MONDAY)
    new = publish(connection, standard(version="2"), by="tests", now=MONDAY + days(1))  # type: ignore[arg-type]
    assert running_pathway_id(connection, name="standard") == new
    assert compiled(connection, pathway_id=old).pathway.version == "1"
    assert running_pathway_id(connection, name="atlantis") is None


def test_a_ladder_names_who_holds_the_clock_once(connection: Connection) -> None:
    rules = {
        (rule["clock"], rule["stage"]): rule for rule in stage_rules(load(workflows() / "standard.toml"))
    }
    assert rules[("first_contact", "warning_1")]["audience"] == "lead_professional"
    assert rules[("first_contact", "breach")]["audience"] == "lead_professional,manager"
    assert rules[("screening_decision", "breach")]["urgent"] is True


def test_a_closure_changes_the_calendar_of_every_process(connection: Connection) -> None:
    found_council(connection)
    pathway_id = running_pathway_id(connection, name="standard")
    assert pathway_id is not None
    assert read_calendar_version(connection) == NO_CLOSURES
    closed = date(2026, 3, 4)
    close_office(connection, on=closed, name="Flood")
    assert compiled(connection, pathway_id=pathway_id).calendar.why_not_working(closed) == "Flood"
    day = connection.execute(select(CalendarDay).where(CalendarDay.on == closed)).one()
    assert day.counts_as == date(2026, 3, 5)
    open_office(connection, on=closed)
    assert read_calendar_version(connection) == NO_CLOSURES
    assert compiled(connection, pathway_id=pathway_id).calendar.is_working_day(closed)


def test_closing_a_day_counts_it_and_those_after_it_anew(connection: Connection) -> None:
    closed, every = date(2026, 3, 6), select(CalendarDay).order_by(CalendarDay.on)
    before = connection.execute(every).all()
    with rows_written(connection, "calendar_days") as written:
        close_office(connection, on=closed, name="Flood")
    after = connection.execute(every).all()
    assert [day for day in after if day.on < closed] == [day for day in before if day.on < closed]
    later = [(day, was) for day, was in zip(after, before, strict=True) if day.on >= closed]
    assert {was.working_number - day.working_number for day, was in later} == {1}
    moved = {day.on: day.counts_as for day, was in later if day.counts_as != was.counts_as}
    assert moved == {closed: date(2026, 3, 9)}
    assert sum(written) == len(later) + len(moved)
    open_office(connection, on=closed)
    assert connection.execute(every).all() == before


@contextmanager
def rows_written(connection: Connection, table: str) -> Iterator[list[int]]:
    """How many rows of the table each statement changes."""
    found: list[int] = []

    def heard(_connection: Any, cursor: Any, statement: str, *_given: Any) -> None:
        if table in statement and not statement.startswith("SELECT"):
            found.append(cursor.rowcount)

    event.listen(connection, "after_cursor_execute", heard)
    yield found
    event.remove(connection, "after_cursor_execute", heard)


def test_what_starts_after_a_closure_counts_by_it(connection: Connection) -> None:
    council = found_council(connection)
    contact(connection, council)
    before = the_clock(connection, "screening_decision").due_at
    close_office(connection, on=date(2026, 3, 3), name="Flood")
    contact(connection, council)
    assert the_clock(connection, "screening_decision").due_at - before == days(1)


def test_a_published_pathway_keeps_the_order_of_its_file(connection: Connection) -> None:
    pathway = load(workflows() / "standard.toml")
    published = publish(connection, pathway, by="tests", now=MONDAY)
    content = connection.scalar(select(PublishedPathway.content).where(PublishedPathway.id == published))
    again = load_content(content or {})
    assert list(again.clocks) == list(pathway.clocks)
    assert list(again.actions) == list(pathway.actions)
    assert list(again.states) == list(pathway.states)
