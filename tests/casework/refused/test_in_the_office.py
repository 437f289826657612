"""Settings, accounts and requests: what is refused is told in plain words, and nothing of it is written."""

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, update

from earlyhelp.casework import passkeys, public_requests
from earlyhelp.casework.audit_themes import Period
from earlyhelp.casework.audits import AuditRefused, Wanted, draw_sample
from earlyhelp.casework.council_numbers import set_numbers
from earlyhelp.casework.feedback import FeedbackRefused, Told, answer_feedback, record_feedback
from earlyhelp.casework.passkeys import NOT_A_PASSKEY, PasskeyRefused, RelyingParty
from earlyhelp.casework.public_counts import network_key
from earlyhelp.casework.public_drafts import DraftTooLarge, save_draft
from earlyhelp.casework.second_factor import new_recovery_codes, remove_app, standing
from earlyhelp.casework.seeding import seed
from earlyhelp.casework.sign_in import FAILURES_PER_ACCOUNT, barred_until, count_attempt
from earlyhelp.casework.single_sign_on import Claimed, sign_on
from earlyhelp.casework.staff_homes import set_home
from earlyhelp.casework.webhooks import add_webhook, queue_deliveries
from earlyhelp.casework.weekly import Missing, add_recipient, write_report
from earlyhelp.casework.workload import WorkloadRefused, set_hours, set_team
from earlyhelp.pathway.facts import BadFields
from earlyhelp.places import workflows
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.feedback import Feedback
from earlyhelp.records.organisation import CouncilSetting, Team, User
from earlyhelp.records.practice import AuditSample
from earlyhelp.records.public import PublicDraft
from earlyhelp.records.reporting import WeeklyRecipient, WeeklyReport
from earlyhelp.records.sign_in import Identity, Passkey
from earlyhelp.records.staff_homes import StaffHome
from tests.casework.watched_cases import MONDAY, Council, contact, days

BY = "administrator@council.example"
KEY = "a secret key of at least thirty-two characters"


def test_a_team_is_one_that_there_is_with_a_name_of_its_own_and_a_manager_who_is_one(
    connection: Connection, council: Council
) -> None:
    told: dict[str, Any] = {
        "name": "North",
        "kind": "locality",
        "locality": "",
        "pathway": "",
        "ceiling": None,
    }
    told |= {"by": BY, "now": MONDAY}
    for key, changed, errors in (
        ("nowhere", {}, {"name": "There is no such team"}),
        ("north", {"name": "South"}, {"name": "Another team has that name"}),
        (
            "north",
            {"manager_id": council["lead"].id},
            {"manager": "Choose somebody with the role of manager"},
        ),
    ):
        with pytest.raises(WorkloadRefused) as refused:
            set_team(connection, key=key, **{**told, **changed})
        assert refused.value.errors == errors
    assert connection.scalar(select(Team.name).where(Team.key == "north")) == "North"
    set_team(connection, key="north", **told, manager_id=council["south_manager"].id)
    north = connection.scalar(select(Team.id).where(Team.key == "north"))
    mine = select(User.team_id).where(User.id == council["south_manager"].id)
    assert connection.scalar(mine) == north, "who manages a team belongs to it"


def test_nobody_has_no_hours(connection: Connection) -> None:
    with pytest.raises(WorkloadRefused) as refused:
        set_hours(connection, user_id=999, fte=1.0, newly_qualified=False, ceiling=None, by=BY, now=MONDAY)
    assert refused.value.errors == {"fte": "There is no such account"}


def test_the_weekly_report_goes_once_a_week_to_those_of_teams_that_there_are(
    connection: Connection, council: Council
) -> None:
    manager = council["manager"]
    with pytest.raises(BadFields) as refused:
        add_recipient(connection, email=manager.email, team="nowhere", person=manager, now=MONDAY)
    assert refused.value.errors == {"team": ["Choose a team from the list"]}
    assert connection.scalar(select(func.count(WeeklyRecipient.id))) == 0
    week = Missing(manager.id or 0, None, date(2026, 2, 23))
    written = [
        write_report(connection, missing=week, subject="Week", body="Figures", now=MONDAY) for _ in range(2)
    ]
    assert written == [True, False]
    assert connection.scalar(select(func.count(WeeklyReport.id))) == 1
    assert connection.scalar(select(func.count(OutboxMessage.id))) == 1


def test_nobody_comes_in_nameless_or_by_an_address_that_is_somebody_elses(
    connection: Connection, council: Council
) -> None:
    claimed = Claimed("https://login.example", "one", council["lead"].email, True, "L", frozenset({"g"}))
    groups = {"g": "lead_professional"}
    signing: dict[str, Any] = {"roles_by_group": groups, "now": MONDAY}
    for subject in ("", "x" * 256):
        on = sign_on(connection, claimed=replace(claimed, subject=subject), **signing)
        assert (on.person, on.refused) == (None, "The council's sign-in did not say who you are")
    first = sign_on(connection, claimed=claimed, **signing)
    assert first.person is not None
    assert first.person.id == council["lead"].id
    second = sign_on(connection, claimed=replace(claimed, subject="two"), **signing)
    assert second.person is None
    assert "belongs to another identity" in second.refused
    assert connection.scalars(select(Identity.subject)).all() == ["one"]


def test_an_audit_is_drawn_of_days_that_have_been_and_of_cases_that_there_are(
    connection: Connection, council: Council
) -> None:
    manager = council["manager"]
    past, to_come = Period(date(2026, 1, 1), date(2026, 1, 31)), Period(date(2026, 1, 1), date(2026, 5, 1))
    wanted = Wanted("January", "random", past, 5, [manager.email])
    for asked, errors in (
        (wanted, {"theme": "No case that you may see was found for this theme, team and period"}),
        (
            replace(wanted, period=to_come),
            {"last_on": "The last day must not be before the first, nor in the future"},
        ),
    ):
        with pytest.raises(AuditRefused) as refused:
            draw_sample(connection, wanted=asked, seed=1, person=manager, now=MONDAY)
        assert refused.value.errors == errors
    assert connection.scalar(select(func.count(AuditSample.id))) == 0


def test_a_sample_is_named_without_what_no_database_keeps(connection: Connection, council: Council) -> None:
    contact(connection, council)
    period, everyone = Period(MONDAY.date(), MONDAY.date()), council["service_manager"]
    wanted = Wanted("Mar\x00ch ", "random", period, 5, [everyone.email])
    draw_sample(connection, wanted=wanted, seed=1, person=everyone, now=MONDAY + timedelta(days=1))
    assert connection.scalar(select(AuditSample.title)) == "March"


def test_feedback_is_answered_once(connection: Connection, council: Council) -> None:
    seed(connection, shipped=workflows(), own=None, council="Millbrook", now=MONDAY)
    manager = council["manager"]
    told = Told("compliment", MONDAY.date(), "child", "They listened", team="north")
    with pytest.raises(FeedbackRefused):
        record_feedback(connection, told=replace(told, said_by="nobody"), person=manager, now=MONDAY)
    feedback_id = record_feedback(connection, told=told, person=manager, now=MONDAY)
    answering: dict[str, Any] = {"feedback_id": feedback_id, "outcome": "", "answered_on": MONDAY.date()}
    answering |= {"person": manager, "now": MONDAY}
    answer_feedback(connection, answer="Thank you", **answering)
    with pytest.raises(FeedbackRefused) as refused:
        answer_feedback(connection, answer="Thanks again", **answering)
    assert refused.value.errors == {"answer": "Somebody has answered this already"}
    assert connection.scalar(select(Feedback.answer)) == "Thank you"


def test_one_person_has_ten_passkeys_and_each_device_is_kept_once(
    connection: Connection, council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = RelyingParty("council.example", "https://council.example", "Early help")

    def add(credential: bytes) -> None:
        """As if the device had made this credential: what it signs is checked in the journeys."""
        made = SimpleNamespace(
            credential_id=credential, credential_public_key=b"k", sign_count=0, credential_backed_up=False
        )
        monkeypatch.setattr(passkeys, "_made", lambda *_: made)
        telling: dict[str, Any] = {"name": "Laptop", "answer": "{}", "challenge": b"", "party": party}
        passkeys.add(connection, person=council["lead"], **telling, now=MONDAY)

    for number in range(9):
        add(b"device %d" % number)
    with pytest.raises(PasskeyRefused, match=NOT_A_PASSKEY):
        add(b"device 1")
    with pytest.raises(PasskeyRefused, match=NOT_A_PASSKEY):
        add(b"x" * 2_000)
    add(b"device 9")
    with pytest.raises(PasskeyRefused, match="Remove one that you no longer use"):
        add(b"device 10")
    assert connection.scalar(select(func.count(Passkey.id))) == passkeys.MOST_EACH


def test_recovery_codes_stay_while_a_passkey_is_left_for_them_to_stand_in_for(
    connection: Connection, council: Council
) -> None:
    user_id = council["lead"].id or 0
    connection.execute(
        insert(Passkey).values(
            user_id=user_id, credential="c", public_key="k", backed_up=False, name="Laptop", created_at=MONDAY
        )
    )
    codes = new_recovery_codes(connection, user_id=user_id)
    remove_app(connection, user_id=user_id)
    assert standing(connection, user_id=user_id).codes_left == len(codes)
    passkeys.remove_all(connection, user_id=user_id)
    remove_app(connection, user_id=user_id)
    assert standing(connection, user_id=user_id).codes_left == 0


def test_a_code_tried_from_many_networks_is_barred_where_its_owner_is_not_known(
    connection: Connection,
) -> None:
    for number in range(4):
        count_attempt(connection, "lead", f"network {number}", MONDAY, succeeded=False)
    count_attempt(connection, "lead", "home", MONDAY, succeeded=True)
    barred = [
        barred_until(connection, "lead", network, MONDAY, everywhere=most)
        for network, most in (("elsewhere", 4), ("home", 4), ("elsewhere", 5))
    ]
    assert barred == [MONDAY + timedelta(minutes=15), None, None]
    assert FAILURES_PER_ACCOUNT > 4, "no one network is barred for itself"


def test_the_home_of_nobody_is_not_kept(connection: Connection, council: Council) -> None:
    auditor = replace(council["manager"], roles=frozenset({"auditor"}))
    for user in ("", "999", "²", "one"):
        with pytest.raises(BadFields) as refused:
            set_home(connection, person=auditor, given={"user": user, "postcode": "WS1"}, now=MONDAY)
        assert refused.value.errors["user"] == ["Select whose home it is"]
        assert "postcode" in refused.value.errors
    assert connection.scalar(select(func.count()).select_from(StaffHome)) == 0


def test_a_number_set_again_is_changed_and_none_is_set_with_a_wrong_one(connection: Connection) -> None:
    set_numbers(connection, numbers={"population_0_17": "1,000"})
    set_numbers(connection, numbers={"population_0_17": "2,000"})
    with pytest.raises(BadFields):
        set_numbers(connection, numbers={"population_0_17": "3,000", "target": "many"})
    kept = select(CouncilSetting.value).where(CouncilSetting.key == "population_0_17")
    assert connection.scalars(kept).all() == ["2000"]


def test_one_home_is_one_network_however_its_address_is_written() -> None:
    def key(address: str) -> str:
        return network_key(address, KEY)

    assert key("192.0.2.1") == key("::ffff:192.0.2.1")
    assert key("2001:db8::1") == key("2001:db8::ffff:1%eth0")
    assert key("2001:db8::1") != key("2001:db8:0:1::1")
    assert key("192.0.2.1") != key("192.0.2.2")
    assert key("no address") != key("")


def test_a_request_is_sent_once_and_is_no_larger_than_one_can_be(
    connection: Connection, council: Council
) -> None:
    request = public_requests.Request(
        children=[{"given_name": "Wenna", "family_name": "Tregenza"}],
        fields={
            "source": "1A",
            "channel": "online_form",
            "presenting_needs": [],
            "worries": "Often absent from school",
            "strengths": "Close to her grandmother",
            "agreement": "given",
            "urgency": "red",
        },
        referrer={},
    )
    connection.execute(update(User).values(active=False))
    save_draft(connection, token="mine", content={"step": 1}, now=MONDAY)
    sending: dict[str, Any] = {"token": "mine", "now": MONDAY}
    sent = [
        public_requests.send_request(connection, request, base_url="https://council.example", **sending)
        for _ in range(2)
    ]
    assert sent[0] is not None
    assert sent[1] is None
    assert public_requests.hold_request(connection, **sending) is None
    assert connection.scalars(select(Case.reference)).all() == [sent[0].reference]
    assert connection.scalar(select(func.count(OutboxMessage.id))) == 0, "nobody is left to be told"
    with pytest.raises(DraftTooLarge):
        save_draft(connection, token="other", content={"worries": "x" * 1_000_000}, now=MONDAY)
    assert connection.scalar(select(func.count(PublicDraft.id))) == 0


def test_nothing_is_told_to_the_system_of_an_account_that_was_closed(
    connection: Connection, council: Council
) -> None:
    add_webhook(
        connection,
        name="Case management",
        address="https://partner.example/told",
        account=council["service_manager"].email,
        topics=("case.changed",),
        key=KEY,
        by=council["manager"],
        now=MONDAY,
    )
    contact(connection, council, at=MONDAY + days(1))
    connection.execute(update(User).where(User.id == council["service_manager"].id).values(active=False))
    assert queue_deliveries(connection, now=MONDAY + days(2)) == 0
    connection.execute(update(User).values(active=True))
    assert queue_deliveries(connection, now=MONDAY + days(2)) == 1
