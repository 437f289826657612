"""Acknowledging an alert: a promise of what and by when, which comes back once if it passes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from earlyhelp.casework.alerts import AlertRefused, acknowledge
from earlyhelp.casework.digest import write_digests
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed
from earlyhelp.permissions import Person
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import Alert, OutboxMessage
from tests.casework.watched_cases import (
    Council,
    act,
    alerts,
    allocated,
    contact,
    days,
    swept,
    the_clock,
)

TUESDAY = datetime(2026, 3, 10, 10, tzinfo=UTC)
"""The breach of a first contact allocated on Monday 2 March fell due at midnight."""


@pytest.fixture
def breach(connection: Connection, council: Council) -> int:
    allocated(connection, council)
    swept(connection, TUESDAY)
    return int(alerts(connection, "first_contact")[-1].id)


def promise(
    connection: Connection, alert_id: int, person: Person, note: str = "Visit on Thursday", by: Any = None
) -> datetime:
    return acknowledge(connection, alert_id=alert_id, person=person, note=note, promise_by=by, now=TUESDAY)


def the_breach(connection: Connection) -> Any:
    return alerts(connection, "first_contact")[-1]


@pytest.mark.parametrize("who", ["manager", "lead", "service_manager"])
def test_those_an_alert_is_for_acknowledge_it_with_a_promise(
    connection: Connection, council: Council, breach: int, who: str
) -> None:
    promise(connection, breach, council[who])
    alert = the_breach(connection)
    assert (alert.status, alert.promise, alert.acknowledged_by_id) == (
        "acknowledged",
        "Visit on Thursday",
        council[who].id,
    )


def test_without_a_day_the_promise_runs_to_the_end_of_the_next_working_day(
    connection: Connection, council: Council, breach: int
) -> None:
    assert promise(connection, breach, council["manager"]) == datetime(2026, 3, 12, tzinfo=UTC)


def test_a_promised_day_means_its_end_also_in_summer_time(
    connection: Connection, council: Council, breach: int
) -> None:
    assert promise(connection, breach, council["manager"], by=date(2026, 3, 24)) == datetime(
        2026, 3, 25, tzinfo=UTC
    )


@pytest.mark.parametrize("note", ["", "   ", "\n", "x" * 2_001])
def test_a_promise_says_something(connection: Connection, council: Council, breach: int, note: str) -> None:
    with pytest.raises(AlertRefused) as refused:
        promise(connection, breach, council["manager"], note)
    assert refused.value.field == "note"
    assert the_breach(connection).status == "open"


@pytest.mark.parametrize("by", [TUESDAY, date(2026, 3, 9), date(2026, 3, 25), TUESDAY + days(30)])
def test_a_promise_is_for_the_next_ten_working_days(
    connection: Connection, council: Council, breach: int, by: Any
) -> None:
    with pytest.raises(AlertRefused) as refused:
        promise(connection, breach, council["manager"], by=by)
    assert refused.value.field == "by"


def test_the_last_of_ten_working_days_may_be_promised(
    connection: Connection, council: Council, breach: int
) -> None:
    promise(connection, breach, council["manager"], by=date(2026, 3, 24))


@pytest.mark.parametrize("who", ["south_manager", "other_lead", "analyst", "social_care_manager"])
def test_an_alert_of_a_case_one_may_not_see_is_not_there(
    connection: Connection, council: Council, breach: int, who: str
) -> None:
    with pytest.raises(NoSuchCase):
        promise(connection, breach, council[who])


def test_an_alert_that_never_was_is_not_there_either(connection: Connection, council: Council) -> None:
    with pytest.raises(NoSuchCase):
        promise(connection, 4711, council["service_manager"])


def test_seeing_a_case_is_not_enough_to_answer_for_it(
    connection: Connection, council: Council, breach: int
) -> None:
    with pytest.raises(NotAllowed):
        promise(connection, breach, council["screener"])


def test_a_screener_answers_for_the_front_door(connection: Connection, council: Council) -> None:
    contact(connection, council, at=TUESDAY - days(4))
    swept(connection, TUESDAY)
    warning = alerts(connection, "screening_decision")[0]
    promise(connection, warning.id, council["screener"])


def test_a_restricted_case_shows_no_alert_to_those_it_is_kept_from(
    connection: Connection, council: Council, breach: int
) -> None:
    connection.execute(update(Case).values(restricted=True))
    with pytest.raises(NoSuchCase):
        promise(connection, breach, council["screener"])
    promise(connection, breach, council["manager"])


def test_a_broken_promise_alerts_once_more_and_its_words_stay(
    connection: Connection, council: Council, breach: int
) -> None:
    """Item 11, rule 11: acknowledged, then forgotten."""
    due = promise(connection, breach, council["manager"])
    assert swept(connection, due - timedelta(seconds=1)).promises_broken == 0
    assert swept(connection, due).promises_broken == 1
    assert swept(connection, due + days(5)).promises_broken == 0
    alert = the_breach(connection)
    first = next(a for a in alerts(connection) if a.id == breach)
    assert (first.status, first.promise, first.promise_broken_at) == ("open", "Visit on Thursday", due)
    assert alert is not None


def test_a_broken_promise_is_told_again_once(connection: Connection, council: Council, breach: int) -> None:
    write_digests(connection, now=TUESDAY, base_url="https://help.example")
    due = promise(connection, breach, council["manager"])
    for hours in (9, 10, 11):
        swept(connection, due + timedelta(hours=hours))
        write_digests(connection, now=due + timedelta(hours=hours), base_url="https://help.example")
    bodies = connection.scalars(
        select(OutboxMessage.body).where(OutboxMessage.recipient_id == council["manager"].id)
    ).all()
    assert sum("what was promised has not happened" in body for body in bodies) == 1


def test_after_a_broken_promise_another_is_a_clock_of_its_own(
    connection: Connection, council: Council, breach: int
) -> None:
    due = promise(connection, breach, council["manager"])
    swept(connection, due)
    again = acknowledge(
        connection,
        alert_id=breach,
        person=council["manager"],
        note="Visit on Friday",
        now=due + timedelta(hours=9),
    )
    alert = next(a for a in alerts(connection) if a.id == breach)
    assert alert.promise == "Visit on Friday\n\nEarlier, and not kept by 11/03/2026: Visit on Thursday"
    assert swept(connection, again).promises_broken == 1


def test_a_running_promise_cannot_be_put_off_by_another(
    connection: Connection, council: Council, breach: int
) -> None:
    promise(connection, breach, council["manager"])
    with pytest.raises(AlertRefused, match="promised") as refused:
        promise(connection, breach, council["lead"])
    assert refused.value.field == "alert"


def test_a_settled_alert_needs_no_promise(connection: Connection, council: Council, breach: int) -> None:
    connection.execute(update(Alert).values(status="resolved"))
    with pytest.raises(AlertRefused, match="settled"):
        promise(connection, breach, council["manager"])


def test_a_promise_does_not_take_the_breach_away(
    connection: Connection, council: Council, breach: int
) -> None:
    """Rule 5: nothing a user does removes a breach from history; the next rung comes all the same."""
    promise(connection, breach, council["manager"], by=date(2026, 3, 24))
    rung = the_clock(connection, "first_contact").escalation_1_at
    swept(connection, rung)
    assert [a.stage for a in alerts(connection, "first_contact")][-1] == "escalation_1"
    assert next(a for a in alerts(connection) if a.id == breach).stage == "breach"


def test_a_first_contact_settles_the_promise_too(
    connection: Connection, council: Council, breach: int
) -> None:
    promise(connection, breach, council["manager"])
    reference = alerts_reference(connection)
    fields = {"how": "home_visit", "child_seen": True, "childs_voice": "Showed her drawings"}
    act(connection, reference, "record_first_contact", council["lead"], fields, now=TUESDAY + days(1))
    swept(connection, TUESDAY + days(5))
    assert {a.status for a in alerts(connection, "first_contact")} == {"resolved"}


def alerts_reference(connection: Connection) -> str:
    return str(connection.scalar(Case.__table__.select().with_only_columns(Case.reference)))
