"""A made-up history must be believable, repeatable, and one that people could have made."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st
from sqlalchemy import Connection, Engine, func, select
from stdnum.gb import nhs

from earlyhelp.casework.audit import verify_all
from earlyhelp.pathway.vocabulary import BELOW_THRESHOLD, SCREENING_DECISIONS
from earlyhelp.records.cases import Case, Contact, Event
from earlyhelp.records.clocks import Alert, ClockRow
from earlyhelp.records.database import reading
from earlyhelp.records.people import Person
from earlyhelp.simulation import simulate
from tests.simulation.living import live, new_database

START, UNTIL = date(2025, 8, 20), datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
pytestmark = pytest.mark.slow
CONTACTS = 400
SOURCES_OF_2024 = {"6": 28.5, "2A": 20.3}
"""DfE, referrals in the year to March 2024, per cent."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One council's fifteen months, lived through once for all the tests that look at them."""
    engine = new_database(tmp_path_factory.mktemp("town") / "town.sqlite3")
    simulate(engine, contacts=CONTACTS, seed=7, start=START, until=UNTIL)
    yield engine
    engine.dispose()


@pytest.fixture
def look(town: Engine) -> Iterator[Connection]:
    with reading(town) as connection:
        yield connection


def share(part: int, whole: int) -> float:
    return 100 * part / whole


def events_by_kind(connection: Connection) -> Counter[str]:
    rows = connection.execute(select(Event.kind, func.count()).group_by(Event.kind))
    return Counter({row[0]: row[1] for row in rows})


@settings(max_examples=6)
@given(seed=st.integers(0, 10**6), days=st.integers(2, 120), contacts=st.integers(1, 25))
def test_nothing_is_ever_lived_that_the_engine_refuses(seed: int, days: int, contacts: int) -> None:
    """`simulate` catches no refusal, so that living through to the end is the proof."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        engine = new_database(folder / "any.sqlite3")
        made = live(engine, contacts, seed=seed, days=days)
        with reading(engine) as connection:
            assert connection.scalar(select(func.count()).select_from(Contact)) == contacts == made.contacts
            assert all(broken is None for _, broken in verify_all(connection))
        engine.dispose()


def test_every_hash_of_the_history_holds(look: Connection) -> None:
    assert {broken for _, broken in verify_all(look)} == {None}


def test_there_are_as_many_contacts_as_asked_for(look: Connection) -> None:
    assert look.scalar(select(func.count()).select_from(Contact)) == CONTACTS


def test_contacts_come_from_whom_they_come_in_england(look: Connection) -> None:
    counts = Counter(look.scalars(select(Contact.source)))
    for source, expected in SOURCES_OF_2024.items():
        assert share(counts[source], CONTACTS) == pytest.approx(expected, abs=6)
    assert len(counts) >= 18


def test_the_front_door_decides_in_plausible_shares(look: Connection) -> None:
    kinds = events_by_kind(look)
    decided = sum(kinds[kind] for kind in SCREENING_DECISIONS - {"contact_joined"})
    assert 52 <= share(sum(kinds[kind] for kind in BELOW_THRESHOLD), decided) <= 68
    assert 10 <= share(kinds["acceptance"], decided) <= 20
    assert 17 <= share(kinds["referral"], decided) <= 26


def test_a_fifth_of_the_contacts_are_about_families_that_come_back(look: Connection) -> None:
    families = Counter(look.scalars(select(Case.family_id).join(Contact, Contact.case_id == Case.id)).all())
    again = sum(count - 1 for count in families.values())
    assert 14 <= share(again, CONTACTS) <= 28


def test_children_of_a_returning_family_are_known_again(look: Connection) -> None:
    children = look.scalar(select(func.count()).select_from(Person))
    born = select(Person.given_name, Person.family_name, Person.date_of_birth, Person.postcode)
    assert len(set(look.execute(born.where(Person.date_of_birth.is_not(None))))) <= (children or 0)
    twice = (
        select(Person.given_name)
        .where(Person.date_of_birth.is_not(None))
        .group_by(Person.given_name, Person.family_name, Person.date_of_birth, Person.postcode)
        .having(func.count() > 1)
    )
    assert look.scalars(twice).all() == []


def test_august_is_quieter_than_the_months_around_it(look: Connection) -> None:
    months = Counter(at.strftime("%Y-%m") for at in look.scalars(select(Contact.received_at)))
    assert months["2026-08"] < (months["2026-06"] + months["2026-10"]) / 2


def test_every_turn_of_the_way_is_taken(look: Connection) -> None:
    kinds = events_by_kind(look)
    for kind in (
        "step_down",
        "step_up_requested",
        "step_up_returned",
        "step_up_accepted",
        "assessment_returned",
        "review",
        "plan_shared",
        "closing",
        "reallocation",
        "clock_paused",
        "clock_resumed",
        "correction",
        "agreement_withdrawn",
        "contact_joined",
        "information_received",
        "service_reached",
        "reopening",
        "contact_attempt",
    ):
        assert kinds[kind] > 0, kind


def test_some_things_are_recorded_days_after_they_happened(look: Connection) -> None:
    late = select(func.count()).where(ClockRow.recorded_late)
    assert (look.scalar(late) or 0) > 3


def test_history_is_written_in_the_order_of_recording(look: Connection) -> None:
    recorded = list(look.scalars(select(Event.recorded_at).order_by(Event.id)))
    assert recorded == sorted(recorded)
    assert recorded[-1] <= UNTIL


def test_people_record_in_office_hours(look: Connection) -> None:
    """Partners' systems, the public form and social care's duty manager alone act at any hour."""
    by_staff = select(Event.recorded_at).where(
        Event.kind.in_(["allocation", "assessment_submitted", "assessment_authorised", "review", "closing"])
    )
    assert all(at.weekday() < 5 and 7 <= at.hour < 18 for at in look.scalars(by_staff))


def test_today_contacts_wait_and_some_are_late(look: Connection) -> None:
    waiting = look.scalars(select(Case.next_due_at).where(Case.state == "screening")).all()
    assert len(waiting) >= 4
    assert any(due is not None and due <= UNTIL for due in waiting)
    assert any(due is not None and due > UNTIL for due in waiting)


def test_today_families_are_at_every_stage_of_early_help(look: Connection) -> None:
    states = Counter(look.scalars(select(Case.state).where(Case.is_open)))
    assert states["plan_in_progress"] >= 10
    assert states["awaiting_allocation"] >= 1
    assert len(states) >= 5


def test_alerts_are_there_as_they_would_have_been(look: Connection) -> None:
    lags = [
        row.raised_at - row.fell_due_at
        for row in look.execute(select(Alert.raised_at, Alert.fell_due_at).where(Alert.stage == "breach"))
    ]
    assert len(lags) > 50
    assert all(timedelta(0) <= lag <= timedelta(days=1) for lag in lags)


def test_nhs_numbers_are_sound_and_belong_to_nobody(look: Connection) -> None:
    numbers = look.scalars(select(Person.nhs_number).where(Person.nhs_number.is_not(None))).all()
    assert len(numbers) > 100
    assert all(number and number.startswith("9") and nhs.is_valid(number) for number in numbers)
    assert len(set(numbers)) == len(numbers)
