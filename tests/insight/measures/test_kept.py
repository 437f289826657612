"""What is kept of figures says exactly what the whole history says, whatever has happened since."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, update

from earlyhelp.casework.merging import merge_people
from earlyhelp.casework.pathways import close_office
from earlyhelp.casework.rectifying import OF_CHILDREN
from earlyhelp.insight.measures.asking import month_of, months_to, scene_of
from earlyhelp.insight.measures.counting import Amounts, alike, counted, since_april
from earlyhelp.insight.measures.definitions import LIST, MEASURES
from earlyhelp.insight.measures.kept import kept_amounts
from earlyhelp.insight.measures.kept_rules import KEPT, PLACES
from earlyhelp.insight.measures.kept_splits import is_at_hand, kept_spreads
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed
from earlyhelp.insight.measures.scene import Span
from earlyhelp.insight.measures.splits import counted_spreads
from earlyhelp.records.cases import Case, Contact
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.kept_figures import KeptAmount, KeptCase, KeptFigures
from earlyhelp.records.organisation import CouncilSetting, Team, User
from earlyhelp.records.people import Person
from earlyhelp.scheduler import blocks
from earlyhelp.scheduler.figures import keep_figures
from tests.casework.test_perform import ASSESSMENT, FIRST_CONTACT
from tests.casework.watched_cases import Council, act, allocated, contact, council_in, days
from tests.insight.measures.lived import NOW, copied

LAST = date(2026, 3, 31)
YEAR = since_april(LAST)
UNDER_WAY = (month_of(date(2026, 4, 1)), since_april(date(2026, 4, 30)))
SPANS = (*months_to(LAST), month_of(LAST), since_april(LAST), *UNDER_WAY)
MARCH, APRIL = datetime(2026, 3, 9, 10, tzinfo=UTC), datetime(2026, 4, 14, 10, tzinfo=UTC)


def is_read(connection: Connection, *, now: datetime) -> bool:
    """Whether every measure that is kept is read from there."""
    return {key for key, _ in kept(connection, now=now).total} == set(PLACES)


def kept(
    connection: Connection,
    *,
    now: datetime,
    narrowed: Narrowed = EVERYWHERE,
    measures: Sequence[Measure] = KEPT,
) -> Amounts:
    return kept_amounts(connection, measures, scene_of(connection, *SPANS, now=now), narrowed)


def counted_slowly(
    connection: Connection,
    *,
    now: datetime,
    narrowed: Narrowed = EVERYWHERE,
    measures: Sequence[Measure] = KEPT,
) -> Amounts:
    """Of the whole history, whatever is kept."""
    scene = scene_of(connection, *dict.fromkeys(SPANS), now=now)
    amounts = Amounts()
    for group in alike(measures):
        amounts.take(counted(connection, group, scene, narrowed))
    return amounts


def read(engine: Engine, *, now: datetime) -> Amounts:
    with reading(engine) as connection:
        return kept(connection, now=now)


def assert_in_step(
    engine: Engine,
    *,
    now: datetime,
    narrowed: Narrowed = EVERYWHERE,
    measures: Sequence[Measure] = KEPT,
) -> Amounts:
    with reading(engine) as connection:
        quickly, slowly = (
            of(connection, now=now, narrowed=narrowed, measures=measures) for of in (kept, counted_slowly)
        )
    assert quickly.total.keys() == {(measure.key, span) for measure in measures for span in SPANS}
    for quick, slow in zip(as_told(quickly), as_told(slowly), strict=True):
        assert {place: n for place, n in quick.items() if n} == {
            place: n for place, n in slow.items() if n
        }, now
    return quickly


def as_told(amounts: Amounts) -> tuple[Mapping[tuple[str, Span], Any], ...]:
    return amounts.total, amounts.added, amounts.spread


def test_what_is_kept_of_a_lived_history_is_what_all_of_it_says(engine: Engine) -> None:
    copied(1, engine)
    assert keep_figures(engine, now=NOW) > 70
    with reading(engine) as connection:
        ways = ways_to_narrow(connection)
    # To count the whole history takes seconds: one way to narrow it on PostgreSQL, others on SQLite.
    for narrowed in (EVERYWHERE, *(ways[:1] if engine.dialect.name == "postgresql" else ways[1::3])):
        assert_in_step(engine, now=NOW, narrowed=narrowed)
    assert_parts_in_step(engine, (EVERYWHERE, *ways), now=NOW)
    tomorrow = NOW + timedelta(days=1)
    assert keep_figures(engine, now=tomorrow) == 0
    in_may = tomorrow + timedelta(days=12)  # an ending has held for six months by then
    assert_in_step(engine, now=in_may)


def ways_to_narrow(connection: Connection) -> tuple[Narrowed, ...]:
    """To a team, a locality, a source, a worker and an agency of which something is kept."""
    team, locality = connection.execute(select(Team.id, Team.locality).order_by(Team.id)).first() or (0, "")
    leads = select(User.id, User.agency_id).join(Case, Case.lead_professional_id == User.id)
    worker, agency = connection.execute(leads.order_by(User.agency_id, User.id)).first() or (0, 0)
    source = connection.scalar(select(Contact.source).limit(1))
    return (
        *(Narrowed(team_id=team), Narrowed(locality=locality), Narrowed(source=source)),
        *(Narrowed(worker_id=worker), Narrowed(agency_id=agency)),
    )


PARTS = (
    *(("contacts_received", "source"), ("open_cases", "team"), ("open_cases", "locality")),
    *(("recording_lag", "worker"), ("recording_lag", "agency")),
    *(("end_measures", "outcome"), ("open_cases", "state_kind"), ("distance_travelled", "domain")),
    *(("below_threshold", "channel"), ("contacts_received", "channel")),
    *(("contacts_received", "presenting_need"), ("assessments_started", "disabled")),
)
"""A measure for every split that is kept."""
MOVING = (PARTS[0], PARTS[3], PARTS[6], *PARTS[-2:])
"""By source, worker, state, need and disability: one of each way to tell where a case belongs."""


def _as_dicts(spreads: Mapping[str, Mapping[int, int]]) -> dict[str, dict[int, int]]:
    return {part: dict(spread) for part, spread in spreads.items()}


def assert_parts_in_step(
    engine: Engine,
    ways: Iterable[Narrowed] = (EVERYWHERE,),
    parts: Iterable[tuple[str, str]] = PARTS,
    *,
    now: datetime,
    span: Span = YEAR,
) -> None:
    """What is kept of each part of the year's figures is what the history says of it."""
    told = Counter[str]()
    with reading(engine) as connection:
        scene = scene_of(connection, span, now=now)
        for key, by, narrowed in ((key, by, way) for key, by in parts for way in ways):
            if is_at_hand(MEASURES[key], by, narrowed):
                quickly = kept_spreads(connection, MEASURES[key], scene, by, narrowed) or {}
                slowly = counted_spreads(connection, MEASURES[key], scene, by, narrowed)
                # Counters are alike also where one has a value that was counted no time at all.
                assert _as_dicts(quickly) == _as_dicts(slowly), (key, by)
                told[by] += len(quickly)
    assert set(told) == {by for _, by in parts}


def test_what_is_narrowed_and_in_other_parts_is_what_the_history_says(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        allocated(connection, council, at=MARCH, surname="Kitto")
        submitted(connection, council, at=MARCH + days(1))
    keep_figures(engine, now=APRIL - days(1))
    assert_narrowed_parts_in_step(engine, now=APRIL, few=slice(None))
    with transaction(engine) as connection:
        contacted_late(connection, council)
        contact(connection, council, at=APRIL)
    assert_narrowed_parts_in_step(engine, now=APRIL, few=slice(None))


def test_so_it_is_of_a_lived_history(engine: Engine) -> None:
    copied(1, engine)
    keep_figures(engine, now=NOW)
    # To count the whole history takes long: other ways on each database.
    few = slice(None, None, 5 if engine.dialect.name == "postgresql" else 2)
    assert assert_narrowed_parts_in_step(engine, now=NOW, few=few) > 5


def assert_narrowed_parts_in_step(engine: Engine, *, now: datetime, few: slice) -> int:
    """Of those ways to break down the year's figures narrowed to something else; returns how many parts were told."""
    told = 0
    with reading(engine) as connection:
        scene = scene_of(connection, since_april(LAST), now=now)
        asked = product(PARTS, ways_to_narrow(connection))
        others = [(key, by, way) for (key, by), way in asked if not is_at_hand(MEASURES[key], by, way)]
        for key, by, way in others[few]:
            quickly = kept_spreads(connection, MEASURES[key], scene, by, way)
            assert quickly is not None, (key, by, way)
            slowly = counted_spreads(connection, MEASURES[key], scene, by, way)
            assert _as_dicts(quickly) == _as_dicts(slowly), (key, by, way)
            told += len(quickly)
    return told


def late_contact(connection: Connection, council: Council) -> None:
    """A child known already: her contact of April is a second one, and that of March may be sustained no more."""
    contact(connection, council, at=APRIL)


def contact_recorded_late(connection: Connection, council: Council) -> None:
    contact(connection, council, at=APRIL, surname="Rowe")
    reference = connection.scalar(select(Case.reference).order_by(Case.id.desc()).limit(1)) or ""
    moved_to_march(connection, council, reference)


def moved_to_march(connection: Connection, council: Council, reference: str = "") -> None:
    reference = reference or connection.scalar(select(Case.reference).order_by(Case.id).limit(1)) or ""
    told = {
        "event": 1,
        "happened_at": (MARCH - days(4)).isoformat(),
        "reason": "The wrong week was typed",
    }
    act(connection, reference, "correct_event", council["service_manager"], told, now=APRIL)


def merged(connection: Connection, council: Council) -> None:
    kept, gone = connection.scalars(select(Person.public_id).order_by(Person.id).limit(2)).all()
    person = council["service_manager"]
    merge_people(connection, kept=kept, gone=gone, person=person, reason="The same girl", now=APRIL)


def contacted_late(connection: Connection, council: Council) -> None:
    led = select(Case.reference).where(Case.lead_professional_id.is_not(None))
    act(
        connection,
        connection.scalar(led) or "",
        "record_first_contact",
        council["lead"],
        FIRST_CONTACT,
        now=APRIL,
        occurred_at=MARCH + days(3),
    )


HAPPENINGS = (late_contact, contact_recorded_late, moved_to_march, merged, contacted_late)


def test_what_happens_later_is_counted_at_once(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        contact(connection, council, at=MARCH)
        contact(connection, council, at=MARCH + days(1), surname="Roe")
        allocated(connection, council, at=MARCH + days(1), surname="Kitto")
    keep_figures(engine, now=APRIL - days(1))
    amounts = assert_in_step(engine, now=APRIL)
    for happens in HAPPENINGS:
        with transaction(engine) as connection:
            happens(connection, council)
        step_by_step = engine.dialect.name == "sqlite"
        before, amounts = amounts, (assert_in_step if step_by_step else read)(engine, now=APRIL)
        assert amounts != before, happens.__name__
        if step_by_step:
            assert_parts_in_step(engine, parts=MOVING, now=APRIL)
    assert assert_in_step(engine, now=APRIL) == amounts
    assert keep_figures(engine, now=APRIL) >= len(HAPPENINGS)
    assert read(engine, now=APRIL) == amounts


def test_the_longest_wait_of_a_team_forgets_who_turns_out_to_have_waited_no_more(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        first, _ = (submitted(connection, council, at=MARCH + days(later)) for later in (0, 7))
    keep_figures(engine, now=APRIL - days(1))
    comment = {"comment": "Clear and fair"}
    with transaction(engine) as connection:
        manager, then = council["manager"], MARCH + days(17)
        act(connection, first, "authorise_assessment", manager, comment, now=APRIL, occurred_at=then)
    for _ in range(2):
        assert_parts_in_step(engine, parts=[("authorisation_oldest", "team")], now=APRIL)
        keep_figures(engine, now=APRIL)


def parts_of(engine: Engine, key: str, by: str) -> dict[str, dict[int, int]]:
    assert_parts_in_step(engine, parts=[(key, by)], now=APRIL)
    with reading(engine) as connection:
        scene = scene_of(connection, since_april(LAST), now=APRIL)
        return _as_dicts(kept_spreads(connection, MEASURES[key], scene, by, EVERYWHERE) or {})


def test_a_contact_leaves_every_part_of_what_was_told_with_it(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        first = contact(connection, council, at=MARCH)
        connection.execute(update(Contact).values(presenting_needs=["neglect", "money"]))
        contact(connection, council, at=MARCH, surname="Rowe")
    keep_figures(engine, now=APRIL - days(1))
    by_need, by_channel = (parts_of(engine, "contacts_received", by) for by in ("presenting_need", "channel"))
    assert by_need == {"neglect": {1: 1}, "money": {1: 1}, "": {1: 1}}
    assert by_channel == {"telephone": {1: 2}}
    told = {"event": 1, "happened_at": (MARCH - days(360)).isoformat(), "reason": "The year before"}
    with transaction(engine) as connection:
        act(connection, first, "correct_event", council["service_manager"], told, now=APRIL)
    for _ in range(2):
        assert parts_of(engine, "contacts_received", "presenting_need") == {"": {1: 1}}
        assert parts_of(engine, "contacts_received", "channel") == {"telephone": {1: 1}}
        keep_figures(engine, now=APRIL)


def test_an_assessment_is_of_a_child_with_a_disability_once_her_records_are_merged(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        submitted(connection, council, at=MARCH)
        contact(connection, council, at=MARCH, surname="Rowe")
        kept, gone = connection.scalars(select(Person.public_id).order_by(Person.id)).all()
        connection.execute(update(Person).where(Person.public_id == gone).values(disabled=True))
    keep_figures(engine, now=APRIL - days(1))
    assert parts_of(engine, "assessments_started", "disabled") == {"0": {1: 1}}
    person = council["service_manager"]
    with transaction(engine) as connection:
        merge_people(connection, kept=kept, gone=gone, person=person, reason="The same girl", now=APRIL)
    for _ in range(2):
        assert parts_of(engine, "assessments_started", "disabled") == {"1": {1: 1}}
        keep_figures(engine, now=APRIL)


def test_nothing_set_right_of_a_child_moves_a_figure_that_is_kept() -> None:
    """It is no event: what is kept of the case would not be counted anew."""
    assert not {"disabled", "disabilities"} & set(OF_CHILDREN)


def submitted(connection: Connection, council: Council, *, at: datetime) -> str:
    """A case whose assessment waits for the manager since that moment."""
    reference = allocated(connection, council, at=at, surname=f"Kitto{at:%d}")
    act(connection, reference, "record_first_contact", council["lead"], FIRST_CONTACT, now=at)
    act(connection, reference, "submit_assessment", council["lead"], ASSESSMENT, now=at)
    return reference


def test_what_ended_in_the_middle_goes_on_and_readers_count_the_rest(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        for number in range(5):
            contact(connection, council, at=MARCH + days(number), surname=f"Kitto{number}")
    monkeypatch.setattr(blocks, "BLOCK", 2)
    ticks = iter((False, False, True))
    assert keep_figures(engine, now=APRIL, stopping=lambda: next(ticks)) == 4
    assert_in_step(engine, now=APRIL)
    assert keep_figures(engine, now=APRIL) == 1
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(KeptCase)) == 5
    assert_in_step(engine, now=APRIL)


def fewer_days(connection: Connection) -> None:
    key, value = "assessment_days_from_contact", "10"
    connection.execute(insert(CouncilSetting).values(key=key, value=value))


def a_day_off(connection: Connection) -> None:
    close_office(connection, on=date(2026, 3, 11), name="Flood")


@pytest.mark.parametrize("changes", [fewer_days, a_day_off], ids=lambda one: one.__name__)
def test_under_other_rules_nothing_is_read_until_all_is_made_anew(
    engine: Engine, changes: Callable[[Connection], None]
) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        allocated(connection, council, at=MARCH)
    keep_figures(engine, now=APRIL)
    with transaction(engine) as connection:
        changes(connection)
        assert not is_read(connection, now=APRIL)
    assert keep_figures(engine, now=APRIL) == 1
    assert_in_step(engine, now=APRIL)


def test_of_a_day_before_or_as_known_then_nothing_kept_is_read(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        contact(connection, council, at=MARCH)
    keep_figures(engine, now=APRIL)
    with reading(engine) as connection:
        assert not is_read(connection, now=MARCH + days(5))
        known = scene_of(connection, *SPANS, now=APRIL, as_known_on=date(2026, 4, 2))
        assert not kept_amounts(connection, LIST, known, EVERYWHERE).total


def test_a_next_month_makes_all_anew(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        contact(connection, council, at=MARCH)
    keep_figures(engine, now=APRIL)
    assert keep_figures(engine, now=APRIL + days(20)) == 1
    with reading(engine) as connection:
        assert connection.scalar(select(KeptFigures.last_day)) == date(2026, 4, 30)
        assert connection.scalar(select(func.sum(KeptAmount.times)).where(KeptAmount.split == "")) > 0
