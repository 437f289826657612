"""Figures of a locality or an agency are those of who is of it now, though they were added up for who was."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine, delete, event, insert, select, update

from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.kept_groups import have_moved, members_of
from earlyhelp.insight.measures.narrowing import Narrowed
from earlyhelp.records.database import driver_of, reading, transaction
from earlyhelp.records.kept_figures import GROUPS, KeptAmount, KeptMember
from earlyhelp.records.organisation import Agency, Team, User
from earlyhelp.scheduler.figures import keep_figures
from tests.casework.test_perform import FIRST_CONTACT
from tests.casework.watched_cases import Council, accepted, act, contact, council_in, days
from tests.insight.measures.test_kept import APRIL, MARCH, assert_in_step, counted_slowly, kept

TOLD = tuple(MEASURES[key] for key in ("open_cases", "recording_lag"))
"""What holds at a moment, and a median."""
LOCALITIES = {"North": "north", "South": "south", "East": None}
AGENCIES = {"school": "education", "charity": "voluntary", "trust": "health"}


@pytest.fixture
def council(engine: Engine) -> Council:
    return kept_council(engine)


def kept_council(engine: Engine) -> Council:
    """A family led from a school in the north, one from a charity in the south, one of nobody; all of it kept."""
    council = council_in(engine)
    with transaction(engine) as connection:
        connection.execute(
            insert(Agency), [{"key": key, "name": key, "kind": kind} for key, kind in AGENCIES.items()]
        )
        for locality, key in LOCALITIES.items():
            connection.execute(update(Team).where(Team.key == key).values(locality=locality))
        for lead, agency in (("lead", "school"), ("other_lead", "charity")):
            works_for(connection, council, lead, agency)
        led(connection, council, "lead", "north")
        led(connection, council, "other_lead", "south")
        contact(connection, council, at=MARCH, surname="Tonkin")
    keep_figures(engine, now=APRIL)
    return council


def keep(engine: Engine) -> None:
    keep_figures(engine, now=APRIL)


def led(connection: Connection, council: Council, lead: str, team: str) -> str:
    reference = accepted(connection, council, at=MARCH, surname=f"Of {lead}")
    given = {"lead_professional": council[lead].email, "team": team}
    act(connection, reference, "allocate_lead_professional", council["screener"], given, now=MARCH + days(1))
    return reference


def works_for(connection: Connection, council: Council, who: str, agency: str) -> None:
    of = select(Agency.id).where(Agency.key == agency).scalar_subquery()
    connection.execute(update(User).where(User.id == council[who].id).values(agency_id=of))


def lies_in(connection: Connection, team: str, locality: str | None) -> None:
    connection.execute(update(Team).where(Team.key == team).values(locality=locality))


def every_group(engine: Engine) -> Iterator[Narrowed]:
    with reading(engine) as connection:
        agencies = connection.scalars(select(Agency.id)).all()
    yield from (Narrowed(agency_id=agency) for agency in agencies)
    yield from (Narrowed(locality=locality) for locality in LOCALITIES)


def assert_all_in_step(engine: Engine) -> dict[Narrowed, int]:
    """Of every group what is kept is what the history says; how many cases were open in March and now."""
    found = {}
    for narrowed in every_group(engine):
        told = assert_in_step(engine, now=APRIL, narrowed=narrowed, measures=TOLD).total
        found[narrowed] = sum(n for (key, _), n in told.items() if key == "open_cases")
    return found


def from_one_to_the_other(connection: Connection, council: Council) -> None:
    works_for(connection, council, "lead", "charity")
    works_for(connection, council, "other_lead", "school")


def to_another_locality(connection: Connection, council: Council) -> None:
    lies_in(connection, "north", "South")


def to_where_nobody_was(connection: Connection, council: Council) -> None:
    works_for(connection, council, "lead", "trust")
    lies_in(connection, "south", "East")


def to_no_locality(connection: Connection, council: Council) -> None:
    lies_in(connection, "north", None)


MOVES = (from_one_to_the_other, to_another_locality, to_where_nobody_was, to_no_locality)


@pytest.mark.parametrize("move", MOVES, ids=lambda one: one.__name__)
def test_who_moves_takes_their_figures_with_them_at_once(
    engine: Engine, council: Council, move: Callable[[Connection, Council], None]
) -> None:
    with transaction(engine) as connection:
        move(connection, council)
        assert have_moved(connection)
    after = assert_all_in_step(engine)
    assert any(after.values())
    assert keep_figures(engine, now=APRIL) == 0, "for that no case is counted anew"
    with reading(engine) as connection:
        assert not have_moved(connection)
    assert assert_all_in_step(engine) == after


def test_what_happens_to_the_cases_of_who_moved_counts_where_they_are_now(
    engine: Engine, council: Council
) -> None:
    with transaction(engine) as connection:
        reference = led(connection, council, "lead", "north")
        works_for(connection, council, "lead", "charity")
        to_another_locality(connection, council)
        act(
            connection, reference, "record_first_contact", council["lead"], FIRST_CONTACT, now=MARCH + days(2)
        )
    assert_all_in_step(engine)
    assert keep_figures(engine, now=APRIL) == 1
    assert_all_in_step(engine)
    with transaction(engine) as connection:
        led(connection, council, "lead", "south")
    keep_figures(engine, now=APRIL)
    assert_all_in_step(engine)


def at_the_next(
    engine: Engine, statement: str, happens: Callable[[Connection], None], *, after: int = 1
) -> Callable[[], bool]:
    """Have something happen beside a transaction, after so many statements that begin so; tells whether it did."""
    seen: list[str] = []

    def hear(connection: Connection, _cursor: object, said: str, *_: object) -> None:
        if said.startswith(statement):
            seen.append(said)
            if len(seen) == after:
                driver_of(connection)  # what waits to be sent was said before
                with transaction(engine) as beside:
                    happens(beside)

    event.listen(engine, "after_cursor_execute", hear)
    return lambda: len(seen) >= after


@pytest.mark.postgresql
def test_who_moves_while_groups_are_added_up_is_counted_once(postgresql_engine: Engine) -> None:
    council = kept_council(postgresql_engine)
    with transaction(postgresql_engine) as connection:
        works_for(connection, council, "lead", "charity")
    moved = at_the_next(
        *(postgresql_engine, "INSERT INTO kept_members"),
        lambda beside: works_for(beside, council, "lead", "trust"),
        after=len(GROUPS),
    )
    keep_figures(postgresql_engine, now=APRIL)
    assert moved()
    assert_all_in_step(postgresql_engine)


@pytest.mark.postgresql
def test_what_is_added_up_while_a_figure_is_read_counts_who_moved_once(postgresql_engine: Engine) -> None:
    council = kept_council(postgresql_engine)
    with transaction(postgresql_engine) as connection:
        works_for(connection, council, "lead", "charity")
        charity = connection.scalars(select(Agency.id).where(Agency.key == "charity")).one()
    added_up = at_the_next(postgresql_engine, "SELECT users.id", lambda _beside: keep(postgresql_engine))
    with reading(postgresql_engine) as connection:
        asked = {"now": APRIL, "narrowed": Narrowed(agency_id=charity), "measures": TOLD}
        quickly, slowly = kept(connection, **asked), counted_slowly(connection, **asked)
    assert added_up()
    assert quickly.total.items() <= slowly.total.items()


def test_where_no_group_was_added_up_yet_its_members_are_read(engine: Engine, council: Council) -> None:
    """As after an upgrade from a version that added none up."""
    with transaction(engine) as connection:
        connection.execute(delete(KeptMember))
        connection.execute(delete(KeptAmount).where(KeptAmount.split.in_(("agency", "locality"))))
    before = assert_all_in_step(engine)
    keep_figures(engine, now=APRIL)
    assert assert_all_in_step(engine) == before


def test_a_group_is_read_as_one_however_many_are_of_it(engine: Engine, council: Council) -> None:
    with reading(engine) as connection:
        school = connection.scalars(select(Agency.id).where(Agency.key == "school")).one()
        members = members_of(connection, "agency", school)
        assert members == {str(council["lead"].id)}
        assert not members.joined | members.left
        rows = connection.execute(select(KeptAmount.part).where(members.rows).distinct()).scalars().all()
    assert rows == [str(school)]
