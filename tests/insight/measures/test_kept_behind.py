"""What stands behind a figure that is kept is exactly what the history finds, for each reader, page by page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, get_args

import pytest
from sqlalchemy import Connection, Engine, func, select, update

from earlyhelp.insight.measures import behind as behind_figures, kept_behind
from earlyhelp.insight.measures.asking import month_of, scene_of
from earlyhelp.insight.measures.behind import Part, behind
from earlyhelp.insight.measures.counting import since_april
from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.kept import kept_of
from earlyhelp.insight.measures.kept_behind import kept_page
from earlyhelp.insight.measures.kept_lists import relisted
from earlyhelp.insight.measures.kept_rules import KEPT
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed
from earlyhelp.insight.measures.parts import Within
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.insight.measures.splits import broken_down
from earlyhelp.insight.measures.told import told_of
from earlyhelp.permissions import Person, load_person
from earlyhelp.records.cases import Case, Contact
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.kept_figures import KeptList
from earlyhelp.records.organisation import User, UserRole
from earlyhelp.scheduler.figures import keep_figures
from tests.casework.watched_cases import Council, allocated, contact, council_in, days
from tests.insight.measures.lived import NOW, copied
from tests.insight.measures.test_kept import (
    APRIL,
    HAPPENINGS,
    LAST,
    MARCH,
    PARTS,
    moved_to_march,
    ways_to_narrow,
)

Asked = tuple[str, Part, Narrowed, Within | None]


def opened(connection: Connection, scene: Scene, person: Person, asked: Asked, limit: int) -> Iterator[Any]:
    """How many there are and may be opened, and every row of every page."""
    key, part, narrowed, within = asked
    after: str | None = None
    while True:
        page = behind(
            *(connection, MEASURES[key], scene, narrowed),
            person=person,
            part=part,
            within=within,
            after=after,
            limit=limit,
        )
        yield page.total, page.visible, [shown(row) for row in page.rows]
        after = page.following
        if after is None:
            return


def shown(row: Any) -> dict[str, Any]:
    """All that a row says, without what is said of the page."""
    return {name: value for name, value in row._mapping.items() if name not in {"total", "visible", "is_one"}}


@pytest.fixture
def of_history(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Iterator[Any]]:
    """As `opened`, whatever is kept."""

    def found(*asked: Any) -> Iterator[Any]:
        with monkeypatch.context() as patched:
            patched.setattr(behind_figures, "kept_page", lambda *_given, **_more: None)
            return iter(list(opened(*asked)))

    return found


@pytest.fixture(autouse=True)
def pages_of_kept(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was answered out of what is kept, None for what was not."""
    answers: list[Any] = []

    def spied(*asked: Any, **more: Any) -> Any:
        answers.append(kept_page(*asked, **more))
        return answers[-1]

    monkeypatch.setattr(behind_figures, "kept_page", spied)
    # So that a page of ten rows is looked for as one of a large council's is.
    monkeypatch.setattr(kept_behind, "AT_FIRST", 2)
    monkeypatch.setattr(kept_behind, "MORE", 2)
    return answers


def somebody(connection: Connection, role: str) -> Person:
    of_role = select(UserRole.user_id).where(UserRole.role == role)
    user_id = connection.scalar(select(User.id).where(User.id.in_(of_role), User.active).order_by(User.id))
    person = load_person(connection, user_id=user_id or 0, now=NOW)
    assert person is not None
    return person


def parts_of(connection: Connection, scene: Scene) -> Iterator[Asked]:
    """Each part of a breakdown that is kept, also the part of nobody."""
    for key, by in PARTS:
        for part in broken_down(connection, MEASURES[key], scene, by):
            yield key, "denominator", EVERYWHERE, Within(by, part.key)


def test_behind_every_figure_stands_what_the_history_finds(
    engine: Engine, of_history: Callable[..., Iterator[Any]], pages_of_kept: list[Any]
) -> None:
    copied(1, engine)
    with transaction(engine) as connection:
        connection.execute(update(Case).where(Case.id % 7 == 0).values(restricted=True))
    keep_figures(engine, now=NOW)
    with reading(engine) as connection:
        readers = [somebody(connection, role) for role in ("service_manager", "manager", "analyst")]
        spans = (month_of(LAST), since_april(LAST), month_of(NOW.date()))
        # Time passes: of the month under way other cases are counted by then.
        month, year, under_way = (scene_of(connection, span, now=NOW + days(11)) for span in spans)
        few = slice(None, None, 11 if engine.dialect.name == "postgresql" else 5)  # the slow way takes long
        asked_of = [*everything(), *narrowed_ways(connection), *parts_of(connection, year)][few]
        for number, asked in enumerate(asked_of):
            scene, limit = ((year, 10), (month, 3), (under_way, 5))[number % 3]
            reader = readers[number % len(readers) - 1]
            told = list(opened(connection, scene, reader, asked, limit))
            assert told == list(of_history(connection, scene, reader, asked, limit)), (asked, reader.roles)
    assert len(pages_of_kept) >= len(asked_of) / 2
    assert None not in pages_of_kept


def everything() -> Iterator[Asked]:
    for measure in KEPT:
        yield from ((measure.key, part, EVERYWHERE, None) for part in get_args(Part))


def narrowed_ways(connection: Connection) -> Iterator[Asked]:
    for key in ("contacts_received", "below_threshold", "recording_lag"):
        yield from ((key, "numerator", way, None) for way in ways_to_narrow(connection))


def allocated_since(connection: Connection, council: Council) -> None:
    """A case that no list names yet, and its worker's least of all."""
    allocated(connection, council, at=MARCH + days(4), surname="Rowse")


def test_what_happened_since_is_found_at_once_and_lists_follow(
    engine: Engine, of_history: Callable[..., Iterator[Any]], pages_of_kept: list[Any]
) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        for number in range(3):
            contact(connection, council, at=MARCH + days(number), surname=f"Roe{number}")
        allocated(connection, council, at=MARCH + days(1), surname="Kitto")
    keep_figures(engine, now=APRIL - days(1))
    asked: list[Asked] = [
        ("contacts_received", "denominator", EVERYWHERE, None),
        ("first_contact_in_time", "numerator", EVERYWHERE, None),
        ("open_cases", "denominator", EVERYWHERE, Within("team", str(council["lead"].team_id))),
        ("open_cases", "denominator", Narrowed(worker_id=council["lead"].id), None),
        ("recording_lag", "denominator", EVERYWHERE, Within("worker", "")),
    ]
    happenings = (allocated_since, *HAPPENINGS)
    for happens in happenings[:: 2 if engine.dialect.name == "postgresql" else 1]:
        with transaction(engine) as connection:
            happens(connection, council)
        with reading(engine) as connection:
            scene = scene_of(connection, since_april(LAST), now=APRIL)
            for each in asked:
                of_reader = (connection, scene, council["service_manager"], each, 3)
                assert list(opened(*of_reader)) == list(of_history(*of_reader)), (each, happens)
        if happens in HAPPENINGS[::2]:
            keep_figures(engine, now=APRIL)
    assert None not in pages_of_kept
    keep_figures(engine, now=APRIL)
    with reading(engine) as connection:
        assert listed(connection) == relisted(
            kept_of(connection, connection.scalars(select(Case.id)).all()), {}
        )


def restrict(connection: Connection, *cases: int) -> None:
    """These cases, numbered from the first, and no others."""
    ids = connection.scalars(select(Case.id).order_by(Case.id)).all()
    connection.execute(update(Case).values(restricted=False))
    connection.execute(update(Case).where(Case.id.in_([ids[case] for case in cases])).values(restricted=True))


def test_restricted_cases_are_taken_off_as_often_as_they_count_now(
    engine: Engine, of_history: Callable[..., Iterator[Any]], pages_of_kept: list[Any]
) -> None:
    """One that something happened to since counts otherwise than it is listed; one counts twice for its screener, who
    recorded as much as there are cases."""
    council = council_in(engine)
    screener, other = council["screener"], council["screening_manager"]
    with transaction(engine) as connection:
        allocated(connection, council, at=MARCH + days(1), surname="Kitto")
        for number in range(2):
            contact(connection, council, at=MARCH + days(number), surname=f"Roe{number}")
        of_other = Council({**council.people, "screener": replace(other, roles=screener.roles)})
        contact(connection, of_other, at=MARCH, surname="Bray")
        last = select(func.max(Contact.case_id)).scalar_subquery()
        of_last = update(Contact).where(Contact.case_id == last)
        connection.execute(of_last.values(source="6", presenting_needs=["housing", "money"]))
        usual = connection.scalars(select(Contact.source).distinct().where(Contact.source != "6")).one()
    keep_figures(engine, now=APRIL + days(1))
    of_told: list[Asked] = [
        (key, part, EVERYWHERE, Within(by, told))
        for by, told in (("source", usual), ("source", "6"), ("presenting_need", "money"))
        for key, part in (("contacts_received", "denominator"), ("same_day_screening", "numerator"))
        if by in MEASURES[key].splits
    ]
    asked: list[Asked] = [
        *of_told,
        ("contacts_received", "denominator", Narrowed(source="6"), None),
        ("contacts_received", "denominator", EVERYWHERE, None),
        ("recording_lag", "denominator", EVERYWHERE, None),
        ("recording_lag", "denominator", EVERYWHERE, Within("worker", str(screener.id))),
        ("recording_lag", "denominator", Narrowed(worker_id=screener.id), None),
    ]
    for happens in (None, allocated_since, moved_to_march):
        with transaction(engine) as connection:
            if happens is not None:
                happens(connection, council)
            for restricted in ((0,), (0, 2), (3,), ()):
                restrict(connection, *restricted)
                scene = scene_of(connection, month_of(LAST), now=APRIL)
                for each in asked:
                    of_reader = (connection, scene, council["service_manager"], each, 3)
                    assert list(opened(*of_reader)) == list(of_history(*of_reader)), (
                        each,
                        happens,
                        restricted,
                    )
    assert None not in pages_of_kept


def test_of_a_rare_part_no_more_cases_are_looked_through_than_until_all_are_found(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    council, looked_through = council_in(engine), []

    def spied(connection: Connection, cases: Sequence[int], splits: Sequence[str]) -> Any:
        looked_through.extend(cases)
        return told_of(connection, cases, splits)

    monkeypatch.setattr(kept_behind, "told_of", spied)
    with transaction(engine) as connection:
        for number in range(9):
            contact(connection, council, at=MARCH + days(number), surname=f"Roe{number}")
        first = connection.scalar(select(func.min(Contact.case_id)))
        connection.execute(update(Contact).where(Contact.case_id == first).values(source="1A"))
    keep_figures(engine, now=APRIL)
    with reading(engine) as connection:
        scene = scene_of(connection, month_of(LAST), now=APRIL)
        for source, total, most in (("1A", 1, kept_behind.AT_FIRST), ("5A", 0, 0)):
            asked: Asked = ("contacts_received", "denominator", EVERYWHERE, Within("source", source))
            ((found, _, rows),) = opened(connection, scene, council["service_manager"], asked, 3)
            assert found == len(rows) == total
            assert len(looked_through) == most
            looked_through.clear()


def listed(connection: Connection) -> dict[int, set[int]]:
    """The numbers that each block of each list names."""
    rows = connection.execute(select(KeptList.place, KeptList.cases))
    return {row.place: set(row.cases) for row in rows if row.cases}


@pytest.mark.parametrize("key", ["9" * 30, "x", "\u0663", "-1"])
def test_a_part_that_cannot_be_is_refused_also_of_what_is_kept(engine: Engine, key: str) -> None:
    council = council_in(engine)
    keep_figures(engine, now=APRIL)
    with reading(engine) as connection:
        scene = scene_of(connection, month_of(LAST), now=APRIL)
        for by in ("team", "worker", "agency"):
            with pytest.raises(ValueError, match="no part"):
                behind(
                    *(connection, MEASURES["open_cases"], scene),
                    person=council["service_manager"],
                    within=Within(by, key),
                )
