"""The one writer of a case's state: what it writes, what it refuses, and that a refusal leaves no trace."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select, text

from earlyhelp.casework.history import FIRST_HASH
from earlyhelp.casework.intake import open_case
from earlyhelp.casework.perform import perform
from earlyhelp.casework.refusals import NoSuchCase, StaleVersion
from earlyhelp.pathway.facts import BadFields, WrongRole, WrongState
from earlyhelp.records.base import Base
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.clocks import Alert, ClockRevision, ClockRow, OutboxMessage
from earlyhelp.records.database import transaction
from tests.casework.watched_cases import (
    MONDAY,
    Council,
    accepted,
    act,
    allocated,
    contact,
    council_in,
    days,
    found_council,
    stages,
    swept,
    the_clock,
)

FIRST_CONTACT = {"how": "home_visit", "child_seen": True, "childs_voice": "Likes school, dislikes mornings"}
ASSESSMENT = {
    "childs_development": "Behind in reading",
    "parenting_capacity": "Loving, tired",
    "family_and_environment": "Damp flat",
    "strengths": "Grandmother near",
    "needs": ["education", "housing"],
    "childs_voice": "Wants a dry bedroom",
    "parents_views": "Agree",
    "score_childs_development": 4,
    "score_parenting_capacity": 5,
    "score_family_and_environment": 3,
    "proposed_plan": "Housing officer, reading club",
}


def the_case(connection: Connection, reference: str) -> Any:
    return connection.execute(select(Case).where(Case.reference == reference)).one()


def dump(engine: Engine) -> dict[str, list[Any]]:
    """Every row of every table."""
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in Base.metadata.sorted_tables
        }


def test_an_action_writes_the_case_one_event_and_the_clocks_together(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    case = the_case(connection, reference)
    events = connection.execute(select(Event).where(Event.case_id == case.id).order_by(Event.sequence)).all()
    assert [event.sequence for event in events] == list(range(1, case.version + 1))
    assert events[0].previous_hash == FIRST_HASH
    assert [event.previous_hash for event in events[1:]] == [event.hash for event in events[:-1]]
    assert case.last_hash == events[-1].hash
    assert (case.state, case.lead_professional_id) == ("awaiting_first_contact", council["lead"].id)
    assert the_clock(connection, "allocation").status == "met"
    assert case.next_due_at == the_clock(connection, "first_contact").due_at


def test_the_lead_professional_is_told_without_a_childs_name(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    messages = connection.execute(
        select(OutboxMessage).where(OutboxMessage.recipient_id == council["lead"].id)
    ).all()
    assert len(messages) == 1
    assert reference in messages[0].subject
    assert "Wenna" not in messages[0].subject + messages[0].body


def test_somebody_acted_first_is_said_with_the_current_version(connection: Connection) -> None:
    council = found_council(connection)
    reference = contact(connection, council)
    fields = {"from_whom": "School", "what": "Attendance"}
    with pytest.raises(StaleVersion) as stale:
        perform(
            connection,
            reference=reference,
            action="request_information",
            person=council["screener"],
            fields=fields,
            now=MONDAY,
            seen_version=7,
        )
    assert stale.value.current == 1


def test_a_case_of_another_team_looks_as_if_there_were_none(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    for person in (council["south_manager"], council["other_lead"], council["analyst"]):
        with pytest.raises(NoSuchCase):
            act(connection, reference, "record_first_contact", person, FIRST_CONTACT, now=MONDAY)
    with pytest.raises(NoSuchCase):
        act(connection, "EH-222-2222", "record_first_contact", council["lead"], FIRST_CONTACT, now=MONDAY)


@pytest.mark.parametrize("occurred_at", [MONDAY + days(2), MONDAY - days(1)])
def test_what_happened_lies_between_coming_here_and_now(
    connection: Connection, occurred_at: datetime
) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    with pytest.raises(BadFields) as refused:
        act(
            connection,
            reference,
            "record_first_contact",
            council["lead"],
            FIRST_CONTACT,
            now=MONDAY + days(1),
            occurred_at=occurred_at,
        )
    assert set(refused.value.errors) == {"occurred_at"}


def test_a_refusal_leaves_the_database_as_it_was(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        reference = accepted(connection, council)
    before = dump(engine)
    attempts: list[tuple[str, str, dict[str, Any], type[Exception]]] = [
        ("authorise_assessment", "manager", {"comment": "x"}, WrongState),
        ("allocate_lead_professional", "manager", {"lead_professional": "nobody@council.example"}, BadFields),
        (
            "allocate_lead_professional",
            "manager",
            {"lead_professional": "screener@council.example"},
            BadFields,
        ),
        ("pause_clock", "screener", {"clock": "assessment", "reason": "x"}, WrongRole),
        ("join_contact", "screener", {"case_reference": reference}, WrongState),
    ]
    for action, who, fields, refusal in attempts:
        with pytest.raises(refusal), transaction(engine) as connection:
            act(connection, reference, action, council[who], fields, now=MONDAY)
        assert dump(engine) == before


def test_the_author_is_known_when_the_assessment_is_authorised(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    act(connection, reference, "record_first_contact", council["lead"], FIRST_CONTACT, now=MONDAY)
    act(connection, reference, "submit_assessment", council["lead"], ASSESSMENT, now=MONDAY)
    assert the_case(connection, reference).assessment_author_id == council["lead"].id
    act(connection, reference, "authorise_assessment", council["manager"], {"comment": "Clear"}, now=MONDAY)
    assert the_clock(connection, "review").due_at == datetime(2026, 4, 13, 23, tzinfo=UTC)


def test_reason_beside_the_fields_fills_a_declared_reason(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    act(
        connection,
        reference,
        "pause_clock",
        council["manager"],
        {"clock": "first_contact"},
        now=MONDAY,
        reason="Family abroad until Thursday",
    )
    clock = the_clock(connection, "first_contact")
    assert clock.status == "paused"
    assert clock.pauses[0]["reason"] == "Family abroad until Thursday"
    assert clock.pauses[0]["by"] == "Manager"


def test_a_paused_clock_alerts_nobody_and_resumes_visibly_later(connection: Connection) -> None:
    """features.md section 2, items 7 and 8."""
    council = found_council(connection)
    reference = allocated(connection, council)
    before = the_clock(connection, "first_contact").due_at
    fields = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], fields, now=MONDAY)
    swept(connection, MONDAY + days(30))
    assert "first_contact" not in [clock for clock, _ in stages(connection)]
    act(connection, reference, "resume_clock", council["manager"], fields, now=MONDAY + days(30))
    clock = the_clock(connection, "first_contact")
    assert clock.status == "running"
    assert clock.due_at > MONDAY + days(30)
    assert clock.gross_due_at == before
    assert connection.scalar(select(func.count()).select_from(ClockRevision)) == 2


def test_work_recorded_late_is_met_and_the_alert_says_so(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    swept(connection, MONDAY + days(9))
    act(
        connection,
        reference,
        "record_first_contact",
        council["lead"],
        FIRST_CONTACT,
        now=MONDAY + days(9),
        occurred_at=MONDAY + days(3),
    )
    clock = the_clock(connection, "first_contact")
    assert (clock.status, clock.recorded_late) == ("met", True)
    breach = connection.execute(
        select(Alert).where(Alert.clock == "first_contact", Alert.stage == "breach")
    ).one()
    assert breach.status == "resolved"
    assert "recorded late" in breach.resolution


def test_work_done_late_is_met_late(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    act(connection, reference, "record_first_contact", council["lead"], FIRST_CONTACT, now=MONDAY + days(9))
    clock = the_clock(connection, "first_contact")
    assert (clock.status, clock.recorded_late) == ("met_late", False)


def test_a_breach_no_sweep_saw_is_still_raised_when_the_clock_stops(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    act(connection, reference, "record_first_contact", council["lead"], FIRST_CONTACT, now=MONDAY + days(9))
    raised = connection.execute(select(Alert).where(Alert.clock == "first_contact")).all()
    assert {alert.stage for alert in raised} == {"warning_1", "warning_2", "breach"}
    assert {alert.status for alert in raised} == {"resolved"}


def test_a_new_lead_professional_takes_over_the_clocks_and_alerts(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    swept(connection, MONDAY + days(9))
    due = the_clock(connection, "first_contact").due_at
    fields = {"lead_professional": council["other_lead"].email, "reason": "Long absence"}
    act(connection, reference, "change_lead_professional", council["manager"], fields, now=MONDAY + days(9))
    clock = the_clock(connection, "first_contact")
    assert (clock.lead_professional_id, clock.due_at) == (council["other_lead"].id, due)
    owners = connection.scalars(
        select(Alert.lead_professional_id).where(Alert.clock == "first_contact", Alert.status != "resolved")
    )
    assert set(owners) == {council["other_lead"].id}


def test_urgency_made_red_alerts_by_the_new_due_moment(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    step_up = {"what_changed": "Disclosure", "level_of_need": "specialist", "urgency": "green"}
    act(connection, reference, "request_step_up", council["lead"], step_up, now=MONDAY)
    later = MONDAY + timedelta(hours=6)
    fields = {"urgency": "red", "reason": "Worse"}
    act(connection, reference, "change_urgency", council["lead"], fields, now=later)
    clock = the_clock(connection, "step_up_decision")
    assert clock.due_at == clock.gross_due_at == MONDAY + timedelta(hours=4)
    swept(connection, later)
    assert ("step_up_decision", "breach") in stages(connection)


def test_urgency_made_green_settles_the_breach_and_breaches_again_at_its_own_time(
    connection: Connection,
) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    step_up = {"what_changed": "Disclosure", "level_of_need": "specialist", "urgency": "red"}
    act(connection, reference, "request_step_up", council["lead"], step_up, now=MONDAY)
    swept(connection, MONDAY + timedelta(hours=5))
    fields = {"urgency": "green", "reason": "Safe with grandmother"}
    act(connection, reference, "change_urgency", council["lead"], fields, now=MONDAY + timedelta(hours=6))
    breaches = select(Alert).where(Alert.clock == "step_up_decision", Alert.stage == "breach")
    assert [alert.status for alert in connection.execute(breaches)] == ["resolved"]
    swept(connection, MONDAY + days(10))
    swept(connection, MONDAY + days(11))
    assert sorted(alert.status for alert in connection.execute(breaches)) == ["open", "resolved"]


def test_a_contact_joined_to_an_open_case_shows_on_both(connection: Connection) -> None:
    council = found_council(connection)
    target = allocated(connection, council)
    target_children = select(Case.family_id).where(Case.reference == target)
    person = connection.execute(
        text("SELECT p.public_id FROM people p JOIN case_people c ON c.person_id = p.id LIMIT 1")
    ).scalar_one()
    from_school = contact_about(connection, council, person)
    fields = {"case_reference": target.lower().replace("-", " ")}
    act(connection, from_school, "join_contact", council["screener"], fields, now=MONDAY)
    joined = the_case(connection, from_school)
    assert (joined.state, joined.outcome) == ("closed", "joined")
    assert joined.family_id == connection.scalar(target_children)
    latest = connection.execute(
        select(Event).where(Event.case_id == the_case(connection, target).id).order_by(Event.sequence.desc())
    ).first()
    assert latest is not None
    assert (latest.action, latest.fields) == ("note_contact_joined", {"contact_reference": from_school})


def test_a_contact_joins_only_a_case_of_the_same_children(connection: Connection) -> None:
    council = found_council(connection)
    other = allocated(connection, council, surname="Penrose")
    reference = contact(connection, council, surname="Tregenza")
    for typed in (other, "nonsense", reference):
        with pytest.raises(BadFields) as refused:
            act(
                connection,
                reference,
                "join_contact",
                council["screener"],
                {"case_reference": typed},
                now=MONDAY,
            )
        assert "case_reference" in refused.value.errors


def contact_about(connection: Connection, council: Council, person: str) -> str:
    return open_case(
        connection,
        person=council["screener"],
        children=[{"person": person}],
        fields={
            "source": "2A",
            "channel": "email",
            "worries": "Absent again",
            "strengths": "Bright",
            "agreement": "given",
        },
        now=MONDAY,
    ).reference


def test_two_people_acting_on_one_version_one_wins(fresh_engine: Engine) -> None:
    council = council_in(fresh_engine)
    with transaction(fresh_engine) as connection:
        reference = contact(connection, council)
    outcomes: list[str] = []
    barrier = threading.Barrier(4)

    def decide() -> None:
        barrier.wait()
        try:
            with transaction(fresh_engine) as connection:
                perform(
                    connection,
                    reference=reference,
                    action="request_information",
                    person=council["screener"],
                    fields={"from_whom": "School", "what": "Attendance"},
                    now=MONDAY,
                    seen_version=1,
                )
            outcomes.append("done")
        except StaleVersion:
            outcomes.append("stale")

    threads = [threading.Thread(target=decide) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "stale", "stale", "stale"]


def test_two_hundred_of_two_hundred_actions_land(fresh_engine: Engine) -> None:
    """Without BEGIN IMMEDIATE on SQLite and a row lock on PostgreSQL, most of them would be lost in silence."""
    council = council_in(fresh_engine)
    with transaction(fresh_engine) as connection:
        reference = accepted(connection, council)
        version = the_case(connection, reference).version
    errors: list[Exception] = []

    def answer() -> None:
        for _ in range(50):
            try:
                with transaction(fresh_engine) as connection:
                    fields = {"told_what": "Accepted", "how": "email"}
                    act(connection, reference, "answer_referrer", council["screener"], fields, now=MONDAY)
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=answer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with transaction(fresh_engine) as connection:
        case = the_case(connection, reference)
        sequences = connection.scalars(
            select(Event.sequence).where(Event.case_id == case.id).order_by(Event.sequence)
        )
        assert case.version == version + 200
        assert list(sequences) == list(range(1, case.version + 1))


def test_only_running_clocks_decide_what_is_due_next(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    fields = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], fields, now=MONDAY)
    assert the_case(connection, reference).next_due_at == the_clock(connection, "assessment").due_at
    statuses = connection.scalars(select(ClockRow.status).where(ClockRow.name == "first_contact"))
    assert list(statuses) == ["paused"]


def test_work_done_during_a_pause_is_in_time(connection: Connection) -> None:
    """The due moment it would have had without the pause has passed, but the pause has moved it."""
    council = found_council(connection)
    reference = allocated(connection, council)
    fields = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], fields, now=MONDAY + days(1))
    act(connection, reference, "record_first_contact", council["lead"], FIRST_CONTACT, now=MONDAY + days(20))
    clock = the_clock(connection, "first_contact")
    assert (clock.status, clock.stopped_at < clock.due_at) == ("met", True)
    assert clock.pauses[0]["resumed_at"] is not None


def test_work_recorded_as_done_before_the_pause_leaves_no_pause(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    fields = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], fields, now=MONDAY + days(2))
    act(
        connection,
        reference,
        "record_first_contact",
        council["lead"],
        FIRST_CONTACT,
        now=MONDAY + days(3),
        occurred_at=MONDAY + days(1),
    )
    clock = the_clock(connection, "first_contact")
    assert (clock.status, clock.pauses) == ("met", [])


def test_a_breach_that_holds_again_is_heard_of_again(connection: Connection) -> None:
    """Red, then green, then red once more: the breach of the first red moment must not stay settled."""
    council = found_council(connection)
    reference = allocated(connection, council)
    step_up = {"what_changed": "Disclosure", "level_of_need": "specialist", "urgency": "red"}
    act(connection, reference, "request_step_up", council["lead"], step_up, now=MONDAY)
    swept(connection, MONDAY + timedelta(hours=5))
    breach = select(Alert.status).where(Alert.clock == "step_up_decision", Alert.stage == "breach")
    for urgency, status in (("green", "resolved"), ("red", "open")):
        fields = {"urgency": urgency, "reason": "New facts"}
        later = MONDAY + timedelta(hours=6)
        act(connection, reference, "change_urgency", council["lead"], fields, now=later)
        assert connection.scalar(breach) == status


def test_an_overdue_clock_cannot_be_hidden_by_a_pause(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    fields = {"clock": "first_contact", "reason": "Family abroad"}
    with pytest.raises(BadFields, match="hide"):
        act(connection, reference, "pause_clock", council["manager"], fields, now=MONDAY + days(9))


def test_a_red_step_up_on_a_saturday_is_told_at_once(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    saturday = MONDAY + days(5)
    step_up = {"what_changed": "Disclosure", "level_of_need": "specialist", "urgency": "red"}
    act(connection, reference, "request_step_up", council["lead"], step_up, now=saturday)
    message = connection.execute(
        select(OutboxMessage).where(OutboxMessage.recipient_id == council["social_care_manager"].id)
    ).one()
    assert (message.urgent, message.next_attempt_at) == (True, saturday)


def test_who_led_a_case_before_it_was_reopened_does_not_lead_it_now(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    fields = {"what_family_said": "No", "next_step": "close", "rationale": "No risk seen"}
    act(connection, reference, "withdraw_agreement", council["lead"], fields, now=MONDAY)
    act(connection, reference, "reopen", council["manager"], {"reason": "New worries"}, now=MONDAY)
    assert the_case(connection, reference).lead_professional_id is None
