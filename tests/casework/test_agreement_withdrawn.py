"""A family withdraws its agreement: from that moment nothing is shared any more."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, select, update

from earlyhelp.casework.access import give_access
from earlyhelp.casework.audit import verify_one
from earlyhelp.casework.journal import first_broken_entry
from earlyhelp.casework.meetings import plan_meeting
from earlyhelp.casework.reading import case_for
from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.casework.webhooks import add_webhook, queue_deliveries
from earlyhelp.insight.diary import due_moments, meetings
from earlyhelp.permissions import Person, load_person, visible_cases
from earlyhelp.records.cases import Case, Contact
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.journal import JournalEntry
from earlyhelp.records.organisation import User, UserRole
from earlyhelp.records.webhooks import WebhookDelivery
from tests.casework.watched_cases import MONDAY, act, allocated, days, found_council

NOW = MONDAY + days(2)
SAID = "We want nobody to know of Wenna any more"


def test_nothing_is_shared_from_the_moment_the_family_withdraws_its_agreement(connection: Connection) -> None:
    council = found_council(connection)
    reference, lead = allocated(connection, council), council["lead"]
    case = connection.execute(select(Case)).one()
    connection.execute(Contact.__table__.update().values(referrer_email="head@school.example"))
    given = {
        "user": "other_lead@council.example",
        "level": "contribute",
        "until": "2026-06-01",
        "reason": "School",
    }
    give_access(connection, reference=reference, person=lead, given=given, now=MONDAY)
    meeting = {
        "planned_on": "2026-03-20",
        "place": "School",
        "people": [{"name": "Ms Rowan", "agency": "school"}],
    }
    plan_meeting(connection, reference=reference, person=lead, given=meeting, now=MONDAY)
    answer = {"told_what": "A lead professional helps them now", "how": "email"}
    act(connection, reference, "answer_referrer", lead, answer, now=MONDAY)
    add_webhook(
        connection,
        name="Hub",
        address="https://hub.example/",
        topics=["case.changed"],
        account="manager@council.example",
        by=council["manager"],
        key="k" * 40,
        now=MONDAY,
    )
    assert len(meetings(connection, person=lead, now=NOW)) == 1
    withdrawn = {"what_family_said": SAID, "next_step": "step_up", "urgency": "amber"}
    act(connection, reference, "withdraw_agreement", lead, withdrawn, now=NOW)
    user_id = council["other_lead"].id
    assert user_id is not None
    let_in = load_person(connection, user_id=user_id, now=NOW + timedelta(seconds=1))
    assert let_in is not None
    assert not let_in.given
    with pytest.raises(NoSuchCase):
        case_for(connection, reference=reference, person=let_in)
    assert meetings(connection, person=lead, now=NOW) == []
    message = connection.execute(select(OutboxMessage).where(OutboxMessage.topic == "referrer")).one()
    assert (message.status, message.address, message.body) == ("dead", None, "")
    assert connection.scalar(select(Case.agreement)) == "refused"
    queue_deliveries(connection, now=NOW + timedelta(minutes=1))
    told = connection.scalars(select(WebhookDelivery.body)).all()
    assert {"withdraw_agreement"} <= {body["data"]["action"] for body in told}
    assert "Wenna" not in json.dumps(told)
    assert verify_one(connection, reference=reference) is None
    assert first_broken_entry(connection, reference=reference, case_id=case.id) is None


def test_a_closed_case_is_in_no_calendar(connection: Connection) -> None:
    council = found_council(connection)
    reference, lead = allocated(connection, council), council["lead"]
    meeting = {"planned_on": "2026-03-03", "place": "", "people": [{"name": "Ms Rowan", "agency": "school"}]}
    plan_meeting(connection, reference=reference, person=lead, given=meeting, now=MONDAY)
    withdrawn = {"what_family_said": SAID, "next_step": "close", "rationale": "No worries"}
    act(connection, reference, "withdraw_agreement", lead, withdrawn, now=NOW)
    assert meetings(connection, person=lead, now=NOW) == due_moments(connection, person=lead) == []


def sent_by_a_partner(connection: Connection, reference: str) -> Person:
    """The account of a partner's system, as if it had sent this case."""
    account = insert(User).values(email="hub@school.example", name="School hub", created_at=MONDAY)
    user_id = connection.execute(account.returning(User.id)).scalar_one()
    connection.execute(insert(UserRole).values(user_id=user_id, role="partner"))
    connection.execute(update(Case).where(Case.reference == reference).values(opened_by_id=user_id))
    partner = load_person(connection, user_id=user_id)
    assert partner is not None
    return partner


def test_the_partner_who_sent_the_case_sees_it_no_longer(connection: Connection) -> None:
    council = found_council(connection)
    reference, lead = allocated(connection, council), council["lead"]
    partner = sent_by_a_partner(connection, reference)
    assert case_for(connection, reference=reference, person=partner).reference == reference
    withdrawn = {"what_family_said": SAID, "next_step": "step_up", "urgency": "amber"}
    act(connection, reference, "withdraw_agreement", lead, withdrawn, now=NOW)
    with pytest.raises(NoSuchCase):
        case_for(connection, reference=reference, person=partner)
    assert connection.scalars(select(Case.id).where(visible_cases(partner))).all() == []
    assert (
        connection.scalar(select(JournalEntry.subject).where(JournalEntry.what == "access_withdrawn"))
        == "cases"
    )
