"""What leaves the service is noted: a sheet of advice, a pack of somebody's data, a calendar's address."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from earlyhelp.casework.advice import send_advice
from earlyhelp.casework.calendar_feeds import end_feed, made_at, make_feed, whose_feed
from earlyhelp.casework.disclosing import note_disclosure
from earlyhelp.casework.kept_moves import begin_moves_anew, keep_moves, leave_out, moves_state_locked
from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.disclosures import Disclosure
from earlyhelp.records.kept_moves import KeptMove, LeftOutOfMoves, Move
from earlyhelp.records.people import Person
from earlyhelp.records.reference import AccessEntry
from tests.casework.watched_cases import MONDAY, Council, contact


def test_a_sheet_of_advice_is_sent_once_to_each_address(connection: Connection, council: Council) -> None:
    sending: dict[str, Any] = {
        "reference": contact(connection, council),
        "body": "Stay and play, Tuesdays",
        "services": ["toddlers"],
        "person": council["screener"],
        "now": MONDAY,
    }
    for address in ("", "kerra at home", f"{'k' * 250}@x.org"):
        with pytest.raises(BadFields) as refused:
            send_advice(connection, address=address, **sending)
        assert set(refused.value.errors) == {"address"}
    sent = [
        send_advice(connection, address=address, **sending)
        for address in ("kerra@home.example", " Kerra@home.example ", "gran@home.example")
    ]
    assert sent == [True, False, True]
    waiting = select(OutboxMessage.address).where(OutboxMessage.topic == "advice").order_by(OutboxMessage.id)
    assert connection.scalars(waiting).all() == ["kerra@home.example", "gran@home.example"]


def test_a_pack_of_somebodys_data_counts_as_opening_each_record_by_who_has_an_account(
    connection: Connection, council: Council
) -> None:
    contact(connection, council)
    person_id = connection.scalar(select(Person.id)) or 0
    cases = connection.scalars(select(Case.id)).all()
    noting: dict[str, Any] = {"person_id": person_id, "case_ids": cases, "data": b"pack", "now": MONDAY}
    note_disclosure(connection, by="at the terminal", user=None, reason="She asked", **noting)
    assert connection.scalar(select(func.count()).select_from(AccessEntry)) == 0
    auditor = replace(council["manager"], roles=frozenset({"auditor"}))
    note_disclosure(connection, by=auditor.email, user=auditor, reason="x" * 400, **noting)
    opened = connection.execute(select(AccessEntry).order_by(AccessEntry.id)).all()
    assert [(entry.user_id, entry.person_id, entry.case_id) for entry in opened] == [
        (auditor.id, person_id, None),
        *((auditor.id, None, case_id) for case_id in cases),
    ]
    assert connection.scalars(select(Disclosure.by_id).order_by(Disclosure.id)).all() == [None, auditor.id]


def test_a_calendars_address_is_somebodys_until_they_take_it_back(
    connection: Connection, council: Council
) -> None:
    lead = council["lead"]
    assert made_at(connection, person=lead) is None
    token = make_feed(connection, person=lead, now=MONDAY)
    assert made_at(connection, person=lead) == MONDAY
    found = [whose_feed(connection, token=asked, now=MONDAY) for asked in (token, token[::-1], token[1:])]
    assert [person.id if person else None for person in found] == [lead.id, None, None]
    end_feed(connection, person=lead)
    assert whose_feed(connection, token=token, now=MONDAY) is None


def test_moves_are_added_up_until_they_are_counted_anew(connection: Connection) -> None:
    assert moves_state_locked(connection) is None
    begin_moves_anew(connection, event_mark=0, last_retention=0)
    left = Move("standard", MONDAY.date(), "screening", "signpost", "closed", 2)
    other = replace(left, days=3)
    keep_moves(connection, difference={left: 2, other: 0}, event_mark=5, cases_to=4)
    keep_moves(connection, difference={left: -1}, cases_to=6)
    keep_moves(connection, difference={}, cases_to=7)
    assert connection.execute(select(KeptMove.days, KeptMove.times)).all() == [(2, 1)]
    state = moves_state_locked(connection)
    assert state is not None
    assert (state.event_mark, state.cases_to, state.turn) == (5, 7, 4)
    leave_out(connection, of=(2, 3), cases=(2, 3))
    leave_out(connection, of=(3, 4), cases=(4,))
    assert connection.scalars(select(LeftOutOfMoves.case_id).order_by(LeftOutOfMoves.case_id)).all() == [2, 4]
    begin_moves_anew(connection, event_mark=9, last_retention=0)
    for table in (KeptMove, LeftOutOfMoves):
        assert connection.scalar(select(func.count()).select_from(table)) == 0
    renewed = moves_state_locked(connection)
    assert renewed is not None
    assert (renewed.cases_to, renewed.turn) == (0, 5), "who read across it sees that it changed"
