"""Living through a made-up council's history, day by day, in the order in which people recorded it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, Engine, select

from earlyhelp.casework.pathways import compiled, running_pathway_id
from earlyhelp.casework.sweep import sweep
from earlyhelp.pathway.calendar import Calendar
from earlyhelp.records.database import is_postgresql, transaction
from earlyhelp.records.reference import Service
from earlyhelp.simulation.arrivals import MOST_LATEST, arrivals
from earlyhelp.simulation.data import Words, read_data, repeatable_dice
from earlyhelp.simulation.families import Families
from earlyhelp.simulation.front_door import contact
from earlyhelp.simulation.hours import Hours
from earlyhelp.simulation.staff import settle_staff
from earlyhelp.simulation.stepping_down import step_downs
from earlyhelp.simulation.town import PATHWAY, Journey, Town

SWEPT_AT = time(7)
WORKER = "simulation"
PRESSED_DAYS = 20
COUNTED_AFTER = (7, 30, 120)
"""Days after which PostgreSQL is told how much there is by now: taken for empty, tables are read whole for every person
who may be known already."""


class NothingToLiveOn(Exception):
    """The database has no standard pathway: it was not initialised."""


@dataclass(frozen=True)
class Simulated:
    """What was made."""

    contacts: int
    actions: int


def simulate(
    engine: Engine,
    *,
    contacts: int,
    seed: int,
    start: date,
    until: datetime,
    tell: Callable[[date, int], None] = lambda _day, _actions: None,
    most_latest: int = MOST_LATEST,
) -> Simulated:
    """Make a history of so many contacts from the start of a day until a moment, each day one transaction.

    Everything goes through casework with a moved clock, so nothing is in the history that a person could not
    have done. The same arguments on the same database give the same history, event for event. `tell` hears of
    every day lived through; `most_latest` says how many may come in the last days beyond the usual, so that there
    is something to decide. Raises ValueError when the end does not lie after the start.
    """
    with transaction(engine) as connection:
        town = _settled(connection, seed=seed, start=start, until=until)
        for arrival in arrivals(
            contacts,
            council=town.council,
            hours=town.hours,
            start=start,
            until=until,
            dice=repeatable_dice(seed, "arrivals"),
            most_latest=most_latest,
        ):
            town.begin(contact(town, arrival))
        for journey in step_downs(town, contacts=contacts):
            town.begin(journey)
        town.begin(_swept_daily(town))
    for number, day in enumerate(_days(town)):
        with transaction(engine) as connection:
            town.connection = connection
            _live_through(town, day)
            if number in COUNTED_AFTER and is_postgresql(connection):
                connection.exec_driver_sql("ANALYZE")
        tell(day, town.actions)
    return Simulated(contacts, town.actions)


def _settled(connection: Connection, *, seed: int, start: date, until: datetime) -> Town:
    pathway_id = running_pathway_id(connection, name=PATHWAY)
    if pathway_id is None:
        raise NothingToLiveOn("the database has no standard pathway: run earlyhelp init first")
    engine = compiled(connection, pathway_id=pathway_id)
    begins = engine.calendar.start_of(start)
    if until <= begins:
        raise ValueError("the history must end after it starts")
    council = read_data("council")
    return Town(
        seed=seed,
        council=council,
        hours=Hours(engine.calendar),
        staff=settle_staff(connection, council, now=begins),
        families=Families(read_data("families"), council),
        words=Words(read_data("phrases")),
        start=begins,
        until=until,
        pressed_from=engine.calendar.opening(
            engine.calendar.working_day_after(engine.calendar.date_of(until), -PRESSED_DAYS)
        ),
        services=_services_by_need(connection),
        headlines=sorted(engine.pathway.codes["headline_outcome"]),
        now=begins,
        connection=connection,
    )


def _services_by_need(connection: Connection) -> dict[str, list[str]]:
    """Keys of the directory's services by need; under the empty need all of them."""
    found: dict[str, list[str]] = {"": []}
    open_ones = select(Service.key, Service.needs).where(Service.withdrawn_at.is_(None)).order_by(Service.key)
    for row in connection.execute(open_ones):
        for need in ("", *row.needs):
            found.setdefault(need, []).append(row.key)
    return found


def _days(town: Town) -> Iterator[date]:
    calendar: Calendar = town.hours.calendar
    day, last = calendar.date_of(town.start), calendar.date_of(town.until)
    while day <= last:
        yield day
        day += timedelta(days=1)


def _live_through(town: Town, day: date) -> None:
    ends = min(town.hours.calendar.end_of(day), town.until + timedelta(microseconds=1))
    while town.next_moment is not None and town.next_moment < ends:
        town.go_on()
    if ends > town.until:
        town.now = town.until
        sweep(town.connection, now=town.now, worker=WORKER)


def _swept_daily(town: Town) -> Journey:
    """The clocks are swept every morning, so that alerts are there as they would have been."""
    calendar: Calendar = town.hours.calendar
    day = calendar.date_of(town.start)
    while True:
        yield calendar.at(day, SWEPT_AT)
        sweep(town.connection, now=town.now, worker=WORKER)
        day += timedelta(days=1)
