"""What the worker keeps of a review says where to look: it is what a live review says, and nothing wrong is shown."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, update

from earlyhelp.casework import retention
from earlyhelp.casework.kept_review import Review, first_to_review
from earlyhelp.casework.merging import merge_people
from earlyhelp.casework.retention import apply, lift_hold, place_hold, review
from earlyhelp.casework.retention_rules import Keep, Rule, Rules
from earlyhelp.permissions import Person as User
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.kept_review import KeptReview, ReviewedCase
from earlyhelp.records.people import Person
from earlyhelp.scheduler import retention as scheduled
from earlyhelp.scheduler.retention import bring_review_up
from tests.casework.test_retention import LATER
from tests.casework.watched_cases import MONDAY, Council, allocated, council_in, days

SIX = Keep(anchor="closing", years=6)
GROWN = Rule(name="Grown up", outcomes=("signposted",), keep=(Keep(anchor="birth", years=25), SIX))
RULES = Rules(rules=(GROWN, Rule(name="Six years", keep=(SIX,))))
LONGER = Rules(rules=(Rule(name="Seven years", keep=(Keep(anchor="closing", years=7),)),))
FEWER = Rules(
    rules=(Rule(name="Seven years", outcomes=("signposted",), keep=LONGER.rules[0].keep), RULES.rules[1])
)
TOMORROW = LATER + days(1)
Happening = Callable[[Connection, User], None]
bring_up = partial(bring_review_up, above=0)
"""As where more cases are closed than are looked through for each look."""


@pytest.fixture
def council(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Council:
    """Two cases are due, one is held, one of a birth unknown, one too young, one open: the worker has looked."""
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    monkeypatch.setattr(scheduled, "AT_MOST", 3)
    council = council_in(engine)
    with transaction(engine) as connection:
        for surname in ("Angove", "Bolitho", "Curnow", "Hosken", "Penrose", "Tregenza"):
            allocated(connection, council, surname=surname)
        for surname in ("Angove", "Bolitho", "Curnow", "Hosken", "Penrose"):
            closed(connection, surname)
        outcome(connection, "Hosken", "signposted")
        born(connection, "Hosken", None)
        outcome(connection, "Penrose", "signposted")
        held(connection, "Curnow", administrator(council))
    assert bring_up(engine, RULES, now=LATER)
    return council


def administrator(council: Council) -> User:
    return replace(council["service_manager"], roles=frozenset({"administrator"}))


def of(connection: Connection, surname: str) -> Any:
    child = select(CasePerson.case_id).join(Person, Person.id == CasePerson.person_id)
    which = Case.id.in_(child.where(Person.family_name == surname))
    return connection.execute(select(Case).where(which)).one()


def change(connection: Connection, surname: str, **values: object) -> None:
    connection.execute(update(Case).where(Case.id == of(connection, surname).id).values(**values))


def closed(connection: Connection, surname: str) -> None:
    change(connection, surname, is_open=False, closed_at=MONDAY, last_event_at=MONDAY)


def outcome(connection: Connection, surname: str, named: str) -> None:
    change(connection, surname, outcome=named)


def born(connection: Connection, surname: str, day: date | None) -> None:
    connection.execute(update(Person).where(Person.family_name == surname).values(date_of_birth=day))


def held(connection: Connection, surname: str, person: User) -> None:
    reference = of(connection, surname).reference
    place_hold(connection, reference=reference, person=person, reason="Public inquiry", now=LATER)


def released(connection: Connection, surname: str, person: User) -> None:
    reference = of(connection, surname).reference
    lift_hold(connection, reference=reference, person=person, reason="It has ended", now=LATER)


def deleted(connection: Connection, surname: str, person: User) -> None:
    references = [of(connection, surname).reference]
    apply(connection, rules=RULES, references=references, person=person, now=LATER)


def joined(connection: Connection, person: User) -> None:
    """Two records turn out to be one child, of whom one case is due and the other open."""
    kept, gone = (
        connection.scalars(select(Person.public_id).where(Person.family_name == surname)).one()
        for surname in ("Angove", "Tregenza")
    )
    merge_people(connection, kept=kept, gone=gone, person=person, reason="The same child", now=LATER)


HAPPENINGS: dict[str, Happening] = {
    "nothing": lambda connection, person: None,
    "a case is closed": lambda connection, person: closed(connection, "Tregenza"),
    "a case is opened again": lambda connection, person: change(connection, "Angove", is_open=True),
    "a case is held": lambda connection, person: held(connection, "Angove", person),
    "a hold is lifted": lambda connection, person: released(connection, "Curnow", person),
    "a birth is learnt, long ago": lambda connection, person: born(connection, "Hosken", date(2001, 3, 1)),
    "a birth is learnt, lately": lambda connection, person: born(connection, "Hosken", date(2025, 3, 1)),
    "a birth is put right": lambda connection, person: born(connection, "Penrose", date(2001, 3, 1)),
    "a closing is corrected": lambda connection, person: change(connection, "Angove", closed_at=LATER),
    "an outcome is corrected": lambda connection, person: outcome(connection, "Penrose", "needs_met"),
    "families are joined": joined,
    "a case is deleted": lambda connection, person: deleted(connection, "Angove", person),
}


def shown(engine: Engine, *, rules: Rules = RULES, now: datetime = LATER, most: int = 200) -> Review | None:
    with reading(engine) as connection:
        return first_to_review(connection, rules=rules, today=now.date(), most=most, above=0)


@pytest.mark.parametrize("happens", HAPPENINGS)
def test_what_is_shown_is_so_at_this_moment_and_all_of_it_after_the_next_night(
    engine: Engine, council: Council, happens: str
) -> None:
    with transaction(engine) as connection:
        HAPPENINGS[happens](connection, administrator(council))
        live = review(connection, rules=RULES, today=LATER.date())
    found = shown(engine)
    assert found is not None
    assert found.reviewed_at == LATER
    assert {*found.due, *found.kept} <= set(live), "as each is now, also before the worker looks again"
    assert bring_up(engine, RULES, now=TOMORROW)
    with reading(engine) as connection:
        live = review(connection, rules=RULES, today=TOMORROW.date())
        rows = connection.execute(select(ReviewedCase.__table__).order_by(ReviewedCase.case_id)).all()
        assert connection.scalar(select(KeptReview.cases)) == len(live)
    in_turn = sorted((one.case_id, one.due_on, one.kept_because is None) for one in live)
    assert list(map(tuple, rows)) == in_turn
    again = shown(engine, now=TOMORROW)
    assert again is not None
    assert [*again.due] == [one for one in live if one.kept_because is None]
    assert [*again.kept] == [one for one in live if one.kept_because is not None]


def test_a_deleted_case_leaves_nothing_in_what_is_kept(engine: Engine, council: Council) -> None:
    with transaction(engine) as connection:
        gone = of(connection, "Angove").id
        deleted(connection, "Angove", administrator(council))
        assert gone not in set(connection.scalars(select(ReviewedCase.case_id)))


def test_no_more_than_the_first_of_either_are_shown_and_it_says_that_there_are_others(
    engine: Engine, council: Council
) -> None:
    found = shown(engine, most=1)
    assert found is not None
    assert (len(found.due), len(found.kept), found.cases, found.more) == (1, 1, 4, True)
    assert found.kept[0].kept_because == "It is under legal hold", "before what has no day"
    found = shown(engine, most=2)
    assert found is not None
    assert (len(found.due), len(found.kept), found.more) == (2, 2, False)


def test_where_few_cases_are_closed_all_are_looked_through_at_that_moment(
    engine: Engine, council: Council
) -> None:
    assert not bring_review_up(engine, LONGER, now=LATER, above=5)
    with reading(engine) as connection:
        assert connection.scalar(select(KeptReview.id)) is None, "what was kept before serves nobody any more"
        found = first_to_review(connection, rules=RULES, today=LATER.date(), most=1, above=5)
        assert found is not None
        assert (len(found.due), len(found.kept), found.cases, found.more) == (1, 1, 4, True)
        assert found.reviewed_at is None
    assert not bring_review_up(engine, LONGER, now=LATER, above=5)


def test_what_was_found_by_other_rules_is_never_shown(engine: Engine, council: Council) -> None:
    assert shown(engine, rules=LONGER) is None
    assert bring_up(engine, LONGER, now=LATER)
    found = shown(engine, rules=LONGER)
    assert found is not None
    assert (*found.due, *found.kept) == ()
    assert shown(engine) is None


def test_a_change_of_rules_that_was_taken_back_before_it_was_looked_through_hides_nothing(
    engine: Engine, council: Council
) -> None:
    turns = iter((False, True))
    assert not bring_up(engine, FEWER, now=LATER, stopping=lambda: next(turns, True))
    assert shown(engine) is None, "it may lack what the other rules did not find"
    assert bring_up(engine, RULES, now=LATER)
    found = shown(engine)
    assert found is not None
    assert len(found.due) == 2


def test_it_is_looked_through_once_a_day_and_ended_in_the_middle_it_begins_anew(
    engine: Engine, council: Council
) -> None:
    assert not bring_up(engine, RULES, now=LATER), "it was done today"
    turns = iter((False, True))
    assert not bring_up(engine, RULES, now=TOMORROW, stopping=lambda: next(turns, True))
    yesterdays = shown(engine, now=TOMORROW)
    assert yesterdays is not None
    assert (yesterdays.reviewed_at, len(yesterdays.due)) == (LATER, 2)
    assert bring_up(engine, RULES, now=TOMORROW)
