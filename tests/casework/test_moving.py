"""Moving open cases to another version of their pathway: what moves, what never does, and what is refused."""

from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from earlyhelp.casework.audit import verify_one
from earlyhelp.casework.moving import MoveRefused, move_cases, preview_moves, waiting_to_move
from earlyhelp.casework.pathways import publish, running_pathway_id
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.pathway.facts import BadFields
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.permissions import SYSTEM
from earlyhelp.places import workflows
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.clocks import ClockRevision, ClockRow
from earlyhelp.records.database import reading, transaction
from tests.casework.watched_cases import (
    MONDAY,
    Council,
    act,
    alerts,
    allocated,
    contact,
    council_in,
    days,
    swept,
    the_clock,
)

LATER = MONDAY + days(1)


def version_2(connection: Connection, **clocks: Any) -> int:
    """The standard pathway with these clocks changed, or taken out where None is given."""
    content = content_of(load(workflows() / "standard.toml"))
    for name, changed in clocks.items():
        if changed is None:
            del content["clocks"][name]
        else:
            content["clocks"][name] |= changed
    return publish(connection, load_content({**content, "version": "2"}), by="tests", now=MONDAY)


def renamed(connection: Connection, old: str, new: str) -> int:
    """The standard pathway with one state called another name."""

    def said(part: Any) -> Any:
        if isinstance(part, dict):
            return {said(key): said(inner) for key, inner in part.items()}
        return [said(inner) for inner in part] if isinstance(part, list) else (new if part == old else part)

    content = said(content_of(load(workflows() / "standard.toml")))
    return publish(connection, load_content({**content, "version": "2"}), by="tests", now=MONDAY)


def moved(connection: Connection, reference: str, pathway_id: int, **more: Any) -> Any:
    asked = {"person": SYSTEM, "reason": "Shorter limits from April", "now": LATER, **more}
    return move_cases(connection, pathway_id=pathway_id, references=[reference], **asked)


def test_the_preview_shows_each_clock_before_and_after_and_moves_nothing(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    new = version_2(connection, first_contact={"due": {"working_days": 3}})
    (plan,) = preview_moves(connection, pathway_id=new, now=LATER)
    clock = next(change for change in plan.clocks if change.row.name == "first_contact")
    assert (plan.reference, plan.refusal) == (reference, None)
    assert (clock.due_before, clock.due_after) == (due, due - days(4))
    assert the_clock(connection, "first_contact").due_at == due
    assert waiting_to_move(connection, pathway_id=new) == 1


def test_a_moved_case_runs_by_the_new_rules_from_the_original_start(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    new = version_2(connection, first_contact={"due": {"working_days": 3}})
    moved(connection, reference, new)
    clock, case = the_clock(connection, "first_contact"), connection.execute(select(Case)).one()
    assert (clock.due_at, clock.started_at, clock.pathway_id) == (due - days(4), MONDAY, new)
    assert (case.pathway_id, case.next_due_at) == (new, clock.due_at)
    event = connection.execute(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (event.kind, event.pathway_id, event.reason) == ("pathway_moved", new, "Shorter limits from April")
    kept = [row.was["due_at"] for row in connection.execute(select(ClockRevision))]
    assert due.isoformat() in kept
    assert verify_one(connection, reference=reference) is None
    assert waiting_to_move(connection, pathway_id=new) == 0
    swept(connection, LATER + days(2))
    act(
        connection,
        reference,
        "record_contact_attempt",
        council["lead"],
        {"how": "phone", "outcome": "no_answer"},
        now=LATER,
    )


def test_a_past_breach_never_changes(connection: Connection, council: Council) -> None:
    reference = allocated(connection, council)
    late = MONDAY + days(10)
    swept(connection, late)
    before, told = the_clock(connection, "first_contact"), alerts(connection, "first_contact")
    new = version_2(connection, first_contact={"due": {"working_days": 20}})
    moved(connection, reference, new, now=late)
    assert the_clock(connection, "first_contact") == before
    assert alerts(connection, "first_contact") == told


def test_a_breach_whose_time_limit_is_gone_keeps_the_case_where_it_is(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    new = version_2(connection, first_contact=None)
    with pytest.raises(MoveRefused, match="has passed"):
        moved(connection, reference, new, now=MONDAY + days(10))
    assert connection.scalar(select(Case.pathway_id)) != new


def test_a_running_time_limit_that_is_gone_ends_without_a_judgement(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    moved(connection, reference, version_2(connection, first_contact=None))
    assert the_clock(connection, "first_contact").status == "void"


def test_a_state_that_is_gone_is_refused_unless_another_is_given(
    connection: Connection, council: Council
) -> None:
    first, second = allocated(connection, council), allocated(connection, council, surname="Hale")
    new = renamed(connection, "awaiting_first_contact", "waiting_for_visit")
    with pytest.raises(MoveRefused, match="no state “awaiting first contact”"):
        move_cases(
            connection, pathway_id=new, references=[first, second], person=SYSTEM, reason="Why", now=LATER
        )
    moved(connection, first, new, states={"awaiting_first_contact": "waiting_for_visit"})
    cases = {row.reference: row.state for row in connection.execute(select(Case.reference, Case.state))}
    assert cases == {first: "waiting_for_visit", second: "awaiting_first_contact"}


def test_no_case_is_closed_by_moving_it(connection: Connection, council: Council) -> None:
    reference = allocated(connection, council)
    new = renamed(connection, "awaiting_first_contact", "waiting_for_visit")
    with pytest.raises(MoveRefused, match="closed by an action"):
        moved(connection, reference, new, states={"awaiting_first_contact": "closed"})


def test_only_an_administrator_moves_cases_and_says_why(connection: Connection, council: Council) -> None:
    reference, new = allocated(connection, council), version_2(connection)
    with pytest.raises(NotAllowed):
        moved(connection, reference, new, person=council["manager"])
    with pytest.raises(BadFields, match="Say why"):
        moved(connection, reference, new, reason=" ")


def test_a_version_dated_in_the_future_waits_for_its_date(connection: Connection, council: Council) -> None:
    now_running = running_pathway_id(connection, name="standard")
    content = content_of(load(workflows() / "standard.toml")) | {
        "version": "2",
        "effective_from": "2026-04-01",
    }
    new = publish(connection, load_content(content), by="tests", now=MONDAY)
    assert running_pathway_id(connection, name="standard", on=MONDAY.date()) == now_running
    assert running_pathway_id(connection, name="standard", on=(MONDAY + days(30)).date()) == new
    allocated(connection, council)
    assert connection.scalar(select(Case.pathway_id)) == now_running


def test_a_paused_time_limit_moves_with_its_pause_and_stays_paused(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    pause = {"clock": "assessment", "reason": "The family is abroad"}
    act(connection, reference, "pause_clock", council["manager"], pause, now=LATER)
    paused = the_clock(connection, "assessment")
    new = version_2(connection, assessment={"due": {"working_days": 10}})
    (plan,) = moved(connection, reference, new, now=LATER + days(1))
    clock = the_clock(connection, "assessment")
    assert (clock.status, clock.next_moment, clock.pauses) == ("paused", None, paused.pauses)
    assert next(change for change in plan.clocks if change.row.name == "assessment").breached_after is False
    resume = {"clock": "assessment", "reason": "They are back"}
    act(connection, reference, "resume_clock", council["manager"], resume, now=LATER + days(2))
    clock = the_clock(connection, "assessment")
    assert (clock.status, clock.due_at - clock.gross_due_at) == ("running", days(2))


def test_a_case_that_was_stepped_up_comes_back_to_the_state_that_took_the_place_of_its_own(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    asked = {"what_changed": "A disclosure", "level_of_need": "specialist", "urgency": "green"}
    act(connection, reference, "request_step_up", council["lead"], asked, now=LATER)
    new = renamed(connection, "awaiting_first_contact", "waiting_for_visit")
    with pytest.raises(MoveRefused, match="no state “awaiting first contact”"):
        moved(connection, reference, new)
    moved(connection, reference, new, states={"awaiting_first_contact": "waiting_for_visit"})
    back = {"rationale": "Early help can keep them safe"}
    act(connection, reference, "return_step_up", council["social_care_manager"], back, now=LATER)
    assert connection.scalar(select(Case.state)) == "waiting_for_visit"


def test_one_time_limit_for_each_agency_moves_for_each(connection: Connection, council: Council) -> None:
    reference = contact(connection, council)
    asked = {"from_whom": "School; Health visitor", "what": "Attendance"}
    act(connection, reference, "request_information", council["screener"], asked, now=MONDAY)
    new = version_2(connection, information={"due": {"working_days": 10}})
    (plan,) = moved(connection, reference, new)
    each = [change for change in plan.clocks if change.row.name == "information"]
    assert sorted(change.row.about for change in each) == ["Health visitor", "School"]
    assert {change.due_after - change.due_before for change in each if change.due_after} == {days(11)}
    came = {"from_whom": "School", "what_came": "A report"}
    act(connection, reference, "information_received", council["screener"], came, now=LATER)
    running = select(ClockRow.about).where(ClockRow.name == "information", ClockRow.status == "running")
    assert connection.scalars(running).all() == ["Health visitor"]


def test_two_administrators_who_move_at_once_move_a_case_once(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        reference = allocated(connection, council)
        new = version_2(connection, first_contact={"due": {"working_days": 3}})
    together, faults = Barrier(2), []

    def move() -> None:
        together.wait()
        try:
            with transaction(engine) as connection:
                moved(connection, reference, new)
        except Exception as fault:
            faults.append(fault)

    both = [Thread(target=move) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    with reading(engine) as connection:
        events = connection.scalars(select(Event.id).where(Event.kind == "pathway_moved")).all()
        assert (len(events), faults) == (1, [])
        assert verify_one(connection, reference=reference) is None
