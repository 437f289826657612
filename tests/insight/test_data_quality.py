"""What needs mending is found alike, and counted as it is listed; of whom nobody may know nothing is told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, insert, select, update

from earlyhelp.insight import data_quality
from earlyhelp.insight.data_quality import counts, found, paused_since
from earlyhelp.insight.quality_checks import CHECKS, QUIET, Check
from earlyhelp.permissions import Person as Asker
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.matching import SuspectedDuplicate
from earlyhelp.records.people import Person
from tests.casework.watched_cases import MONDAY, act, allocated, contact, days, found_council

NOW = MONDAY + days(9)


def test_suspected_children_are_listed_until_the_other_is_restricted(connection: Connection) -> None:
    council = found_council(connection)
    manager = council["service_manager"]
    for surname in ("Rowe", "Tregenza"):
        contact(connection, council, surname=surname)
    connection.execute(SuspectedDuplicate.__table__.delete())
    one, other = connection.scalars(select(Person.id).order_by(Person.id)).all()
    assert counts(connection, person=manager, now=NOW)["duplicates"] == 0
    pair = {"person_id": other, "other_id": one, "strength": 2, "score": 9.0, "reasons": [], "found_at": NOW}
    connection.execute(insert(SuspectedDuplicate).values(pair))
    listed = found(connection, CHECKS["duplicates"], person=manager, now=NOW)
    assert {row.person_id for row in listed} == {one, other}
    connection.execute(update(Person).where(Person.id == one).values(restricted=True))
    listed = found(connection, CHECKS["duplicates"], person=manager, now=NOW)
    assert {row.person_id for row in listed} == {one}, (
        "the other record does not give the restricted child away"
    )


@pytest.mark.parametrize("lately", [0, 2, 100])
def test_children_recorded_twice_are_found_however_long_ago(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, lately: int
) -> None:
    """By what they share, whether or not they are among those recorded lately, who are looked at one by one."""
    monkeypatch.setattr(data_quality, "LATELY", lately)
    council = found_council(connection)
    manager = council["service_manager"]
    alike = {
        "Angove": {"nhs_number": "9434765919"},
        "Bolitho": {"nhs_number": "9434765919"},
        "Curnow": {"upn": "A123456789012"},
        "Daniell": {"upn": "A123456789012"},
        "Eddy": {"search_name": "wenna eddy"},
        "Eva": {"search_name": "wenna eddy"},
        "Nameless": {"search_name": ""},
        "Unnamed": {"search_name": ""},
        "Single": {"upn": "A999999999999"},
    }
    for surname, shared in alike.items():
        contact(connection, council, surname=surname)
        connection.execute(update(Person).where(Person.family_name == surname).values(shared))
    connection.execute(SuspectedDuplicate.__table__.delete())
    twice = set(alike) - {"Nameless", "Unnamed", "Single"}
    listed = found(connection, CHECKS["duplicates"], person=manager, now=NOW)
    assert {row.family_name for row in listed} == twice
    assert counts(connection, person=manager, now=NOW)["duplicates"] == len(twice)
    monkeypatch.setattr(data_quality, "MOST", 3)
    assert counts(connection, person=manager, now=NOW)["duplicates"] == 4, "and one more, to say so"
    monkeypatch.setattr(data_quality, "PAGE", 1)
    assert len(list(pages(connection, CHECKS["duplicates"], manager))) == len(twice)


def test_a_case_whose_every_time_limit_is_paused_is_listed_with_its_age(connection: Connection) -> None:
    council = found_council(connection)
    manager, reference = council["manager"], allocated(connection, council)
    allocated(connection, council, surname="Penrose")
    pausable = ("first_contact", "assessment")
    mine = select(Case.id).where(Case.reference == reference).scalar_subquery()

    def listed() -> list[str]:
        check = CHECKS["nothing-running"]
        return [row.reference for row in found(connection, check, person=manager, now=NOW)]

    running = select(ClockRow.name).where(ClockRow.case_id == mine, ClockRow.status == "running")
    assert set(connection.scalars(running)) == set(pausable)
    for number, clock in enumerate(pausable, start=1):
        assert listed() == [], "one still runs"
        pause = {"clock": clock, "reason": "Family abroad"}
        act(connection, reference, "pause_clock", manager, pause, now=MONDAY + days(number))
    assert listed() == [reference]
    case_id = connection.scalar(select(mine)) or 0
    assert paused_since(connection, [case_id]) == {case_id: MONDAY + days(1)}
    assert counts(connection, person=manager, now=NOW)["nothing-running"] == 1


def test_dates_that_cannot_be_are_found_the_quick_way_and_the_plain_way(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among everybody's children by their birth dates; among a team's, or all without the short cut, one by one."""
    council = found_council(connection)
    person = council["service_manager"]
    born: dict[str, date | None] = {
        "After": MONDAY.date() + timedelta(days=1),
        "Future": NOW.date() + timedelta(days=1),
        "Old": MONDAY.date() - timedelta(days=round(25.25 * 365) + 1),
        "Young": MONDAY.date() - timedelta(days=round(25.25 * 365)),
        "Ancient": date(1890, 1, 1),
        "Sameday": MONDAY.date(),
        "Unborn": None,
        "Expected": None,
    }
    for surname, day in born.items():
        contact(connection, council, surname=surname)
        child = update(Person).where(Person.family_name == surname)
        connection.execute(child.values(date_of_birth=day, expected_birth_on=None))
    for surname, late in (("Unborn", 61), ("Expected", 60)):
        expected = NOW.date() - timedelta(days=late)
        child = update(Person).where(Person.family_name == surname)
        connection.execute(child.values(expected_birth_on=expected))
    check = CHECKS["impossible-dates"]
    quick = found(connection, check, person=person, now=NOW)
    assert {row.family_name for row in quick} == {"After", "Future", "Old", "Ancient", "Unborn"}
    assert quick == found(connection, replace(check, few=None), person=person, now=NOW)
    assert counts(connection, person=person, now=NOW)["impossible-dates"] == len(quick)
    monkeypatch.setattr(data_quality, "MOST", 2)
    assert counts(connection, person=person, now=NOW)["impossible-dates"] == 3, "and one more, to say so"


def pages(connection: Connection, check: Check, person: Asker) -> Iterator[tuple[int, int]]:
    """Cases and children of the whole list, one to a page."""
    after = None
    while rows := found(connection, check, person=person, now=NOW + QUIET, after=after):
        after = (rows[0].case_id, rows[0].person_id)
        yield after


def test_what_a_manager_and_a_service_manager_count_is_what_they_list(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A manager's records are read once for all checks; everybody's are looked up check by check."""
    council = found_council(connection)
    for surname in ("Rowe", "Pascoe", "Penrose", "Trewin"):
        allocated(connection, council, surname=surname)
    corrected = allocated(connection, council, surname="Bray")
    child = update(Person).where
    connection.execute(child(Person.family_name == "Rowe").values(date_of_birth=None, ethnicity="WBRI"))
    connection.execute(child(Person.family_name == "Pascoe").values(nhs_number="9434765919"))
    connection.execute(child(Person.family_name == "Penrose").values(nhs_number="9434765919"))
    born = MONDAY.date() - timedelta(days=1)
    connection.execute(child(Person.family_name.in_(("Bray", "Trewin"))).values(date_of_birth=born))
    fields = {"event": 1, "happened_at": (MONDAY - days(3)).isoformat(), "reason": "Typed wrongly"}
    act(connection, corrected, "correct_event", council["service_manager"], fields, now=NOW)
    expected = {"birth-dates": 1, "ethnicity": 4, "impossible-dates": 0, "quiet": 4, "duplicates": 2}
    for role in ("manager", "service_manager"):
        counted = counts(connection, person=council[role], now=NOW + QUIET)
        assert counted == dict.fromkeys(CHECKS, 0) | expected, role
        for key, check in CHECKS.items():
            listed = found(connection, check, person=council[role], now=NOW + QUIET)
            assert len(listed) == counted[key], (role, key)
            with monkeypatch.context() as patched:
                patched.setattr(data_quality, "PAGE", 0)
                one_by_one = list(pages(connection, check, council[role]))
            assert one_by_one == [(row.case_id, row.person_id) for row in listed], (role, key)
