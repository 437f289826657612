"""A council of any size: a short history is lived through casework, then copied with new ids until there is enough.

Each copy is a whole case with its children, contact, events, clocks and alerts, some seconds later than the one before,
under a reference of its own: its hashes are computed anew, and `audit verify` holds. Ten boroughs share the copies, so
that teams and caseloads grow too; 4 % of the cases are open. Assessments, plans, notes, messages and keys of people are
not copied: lists do not read them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Engine, Table, func, insert, select

from earlyhelp.casework.history import FIRST_HASH, Happening, local_day
from earlyhelp.casework.seeding import seed
from earlyhelp.places import workflows
from earlyhelp.records.base import Base
from earlyhelp.records.database import is_postgresql, transaction
from earlyhelp.records.identifiers import case_reference
from earlyhelp.records.migrate import upgrade
from earlyhelp.simulation import simulate

TEMPLATES = 150
FIRST_DAY, UNTIL = date(2025, 1, 6), datetime(2026, 3, 2, 10, tzinfo=UTC)
OPEN_OF_100 = 4
BOROUGHS = 10
TOGETHER = 2_000
FAR = 5_000_000
"""References and ids of copies begin beyond any of the history that was lived."""
Row = dict[str, Any]
OWNERS = {"team_id": "teams", "lead_professional_id": "users"}


@dataclass(frozen=True)
class Template:
    """One case as it was lived, with everything of it, by table."""

    case: Row
    parts: Mapping[str, Sequence[Row]]


def fill(engine: Engine, *, contacts: int) -> None:
    """Make an empty database a council with so many contacts."""
    upgrade(engine)
    with transaction(engine) as connection:
        begins = datetime(2025, 1, 1, tzinfo=UTC)
        seed(connection, shipped=workflows(), own=None, council="Millbrook", now=begins)
    simulate(engine, contacts=min(TEMPLATES, contacts), seed=1, start=FIRST_DAY, until=UNTIL)
    with transaction(engine) as connection:
        spans = _with_boroughs(connection)
        lived = read_templates(connection)
        for rows in _batches(lived, spans, contacts - len(lived)):
            for name, some in rows.items():
                write(connection, Base.metadata.tables[name], some)
    with transaction(engine) as connection:
        connection.exec_driver_sql("ANALYZE")


def read_templates(connection: Connection) -> list[Template]:
    """Every case that was lived."""
    of_case = {
        name: _by_case(connection, name) for name in ("contacts", "events", "clocks", "alerts", "case_people")
    }
    people = {row["id"]: row for row in _rows(connection, "people")}
    pathways = {row["id"]: row for row in _rows(connection, "pathways")}
    templates = []
    for case in _rows(connection, "cases"):
        parts = {name: rows.get(case["id"], []) for name, rows in of_case.items()}
        parts["people"] = [people[link["person_id"]] for link in parts["case_people"]]
        for event in parts["events"]:
            event["_pathway"] = pathways[event["pathway_id"]]
        templates.append(Template(case, parts))
    return templates


def write(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """COPY on PostgreSQL: a million cases by INSERT take half an hour."""
    if not rows:
        return
    if not is_postgresql(connection):
        connection.execute(insert(table), list(rows))
        return
    columns = list(rows[0])
    names = ", ".join(f'"{name}"' for name in columns)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([_plain(row[name]) for name in columns])


def _plain(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict | list) else value


def _with_boroughs(connection: Connection) -> dict[str, int]:
    """Teams and people again for each further borough; how far their ids lie apart."""
    spans = {name: _last_id(connection, name) for name in ("teams", "users")}
    teams, users, roles = (_rows(connection, name) for name in ("teams", "users", "user_roles"))
    for number in range(1, BOROUGHS):
        by_team, by_user = number * spans["teams"], number * spans["users"]
        named = [
            {**t, "id": t["id"] + by_team, "key": f"{t['key']}_{number}", "name": f"{t['name']} {number}"}
            for t in teams
        ]
        known = [
            {
                **u,
                "id": u["id"] + by_user,
                "email": f"{number}.{u['email']}",
                "team_id": u["team_id"] and u["team_id"] + by_team,
            }
            for u in users
        ]
        connection.execute(insert(Base.metadata.tables["teams"]), named)
        connection.execute(insert(Base.metadata.tables["users"]), known)
        held = [{**role, "user_id": role["user_id"] + by_user} for role in roles]
        connection.execute(insert(Base.metadata.tables["user_roles"]), held)
    return spans


def _batches(
    lived: Sequence[Template], spans: Mapping[str, int], copies: int
) -> Iterator[dict[str, list[Row]]]:
    still_open = [one for one in lived if one.case["is_open"]]
    ended = [one for one in lived if not one.case["is_open"]]
    ids = Ids()
    batch: dict[str, list[Row]] = {}
    for number in range(copies):
        of = still_open if number % 100 < OPEN_OF_100 else ended
        template = of[number // (100 if of is still_open else 1) % len(of)]
        for name, rows in copied(template, number, ids, spans).items():
            batch.setdefault(name, []).extend(rows)
        if len(batch["cases"]) == TOGETHER:
            yield _in_order(batch)
            batch = {}
    if batch:
        yield _in_order(batch)


def _in_order(batch: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Each table after those that it points to."""
    order = ("people", "cases", "case_people", "contacts", "events", "clocks", "alerts")
    return {name: batch.get(name, []) for name in order}


@dataclass
class Ids:
    """The next free id of each table."""

    people: int = FAR
    clocks: int = FAR


def copied(template: Template, number: int, ids: Ids, spans: Mapping[str, int]) -> dict[str, list[Row]]:
    """The rows of one copy."""
    later = timedelta(seconds=number % 3000)
    borough = number % BOROUGHS

    def moved(row: Row, **new: Any) -> Row:
        kept = {name: value for name, value in row.items() if not name.startswith("_")}
        shifted = {n: v + later if isinstance(v, datetime) else v for n, v in kept.items()}
        for name, table in OWNERS.items():
            if shifted.get(name):
                shifted[name] += borough * spans[table]
        return shifted | new

    case_id, reference = FAR + number, case_reference(FAR + number)
    parts = template.parts
    events, last_hash = _chained(parts["events"], moved, case_id, reference)
    people = [
        moved(row, id=ids.people + n, public_id=f"C{ids.people + n}", nhs_number=None, upn=None)
        for n, row in enumerate(parts["people"])
    ]
    links = [
        moved(row, case_id=case_id, person_id=ids.people + n) for n, row in enumerate(parts["case_people"])
    ]
    new_id = {row["id"]: ids.clocks + n for n, row in enumerate(parts["clocks"])}
    ids.people += len(people)
    ids.clocks += len(new_id)
    return {
        "people": people,
        "cases": [moved(template.case, id=case_id, reference=reference, last_hash=last_hash, family_id=None)],
        "case_people": links,
        "contacts": [
            moved(row, id=case_id, case_id=case_id, joined_case_id=None) for row in parts["contacts"]
        ],
        "events": events,
        "clocks": [moved(row, id=new_id[row["id"]], case_id=case_id) for row in parts["clocks"]],
        "alerts": [
            _without_id(moved(row, case_id=case_id, clock_id=new_id[row["clock_id"]]))
            for row in parts["alerts"]
        ],
    }


def _chained(events: Sequence[Row], moved: Any, case_id: int, reference: str) -> tuple[list[Row], str]:
    rows, previous = [], FIRST_HASH
    for event in events:
        row = _without_id(moved(event, case_id=case_id))
        row["occurred_on"] = local_day(row["occurred_at"])
        link = replace(_happening(event, reference), **{n: row[n] for n in ("occurred_at", "recorded_at")})
        row["previous_hash"] = previous
        previous = row["hash"] = link.hashed_after(previous)
        rows.append(row)
    return rows, previous


def _happening(event: Row, reference: str) -> Happening:
    named = {name: event[name] for name in Happening.__dataclass_fields__ if name in event}
    pathway = event["_pathway"]
    return Happening(
        **{**named, "reference": reference, "pathway": pathway["name"], "pathway_version": pathway["version"]}
    )


def _without_id(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "id"}


def _rows(connection: Connection, name: str) -> list[Row]:
    table = Base.metadata.tables[name]
    return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]


def _by_case(connection: Connection, name: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in _rows(connection, name):
        found.setdefault(row["case_id"], []).append(row)
    return found


def _last_id(connection: Connection, name: str) -> int:
    return int(connection.scalar(select(func.max(Base.metadata.tables[name].c.id))) or 0)
