"""A small council whose clocks run, for the tests of sweep, alerts, messages and calendar changes.

Monday 2 March 2026 is the day on which everything begins: no bank holiday is near, and the clocks change on the 29th.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select

from earlyhelp.casework.accounts import create_user
from earlyhelp.casework.intake import open_case
from earlyhelp.casework.pathways import publish
from earlyhelp.casework.perform import perform
from earlyhelp.casework.sweep import Swept, sweep
from earlyhelp.pathway.loading import load
from earlyhelp.permissions import Person, load_person
from earlyhelp.places import workflows
from earlyhelp.records.clocks import Alert, ClockRow
from earlyhelp.records.database import transaction
from earlyhelp.records.organisation import Team
from tests.support.lived_once import lived_once

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
"""Ten in the morning, in winter time."""
TEAMS = {"front_door": "front_door", "north": "locality", "south": "locality", "social_care": "social_care"}
PEOPLE = {
    "screener": ("screener", "front_door"),
    "screening_manager": ("manager", "front_door"),
    "lead": ("lead_professional", "north"),
    "other_lead": ("lead_professional", "north"),
    "manager": ("manager", "north"),
    "south_manager": ("manager", "south"),
    "service_manager": ("service_manager", None),
    "social_care_manager": ("manager", "social_care"),
    "analyst": ("analyst", None),
}


@dataclass(frozen=True)
class Council:
    """The people of the council by what they do."""

    people: Mapping[str, Person]

    def __getitem__(self, what: str) -> Person:
        return self.people[what]


def found_council(connection: Connection) -> Council:
    return lived_once(connection, _found)


def _found(connection: Connection) -> Council:
    publish(connection, load(workflows() / "standard.toml"), by="tests", now=MONDAY)
    connection.execute(
        insert(Team),
        [{"key": key, "name": key.title(), "kind": kind, "active": True} for key, kind in TEAMS.items()],
    )
    people = {}
    for what, (role, team) in PEOPLE.items():
        email = f"{what}@council.example"
        user_id = create_user(
            connection, email=email, name=what.replace("_", " ").title(), roles=[role], team=team, now=MONDAY
        )
        person = load_person(connection, user_id=user_id)
        assert person is not None
        people[what] = person
    return Council(people)


def council_in(engine: Engine) -> Council:
    with transaction(engine) as connection:
        return found_council(connection)


def contact(
    connection: Connection, council: Council, *, at: datetime = MONDAY, surname: str = "Tregenza"
) -> str:
    """A new contact, received and recorded at that moment; its reference."""
    opened = open_case(
        connection,
        person=council["screener"],
        children=[{"given_name": "Wenna", "family_name": surname, "date_of_birth": "2019-05-04"}],
        fields={
            "source": "3A",
            "channel": "telephone",
            "presenting_needs": [],
            "worries": "Often absent from school",
            "strengths": "Close to her grandmother",
            "agreement": "given",
        },
        now=at,
    )
    return opened.reference


def act(
    connection: Connection,
    reference: str,
    action: str,
    person: Person,
    fields: Mapping[str, Any],
    *,
    now: datetime,
    occurred_at: datetime | None = None,
    reason: str | None = None,
) -> None:
    perform(
        connection,
        reference=reference,
        action=action,
        person=person,
        fields=fields,
        now=now,
        occurred_at=occurred_at,
        reason=reason,
    )


def accepted(
    connection: Connection, council: Council, *, at: datetime = MONDAY, surname: str = "Tregenza"
) -> str:
    reference = contact(connection, council, at=at, surname=surname)
    act(
        connection,
        reference,
        "accept_for_early_help",
        council["screener"],
        {
            "level_of_need": "targeted",
            "rationale": "Needs several services",
            "agreement": "given",
            "team": "north",
        },
        now=at,
    )
    act(
        connection,
        reference,
        "answer_referrer",
        council["screener"],
        {"told_what": "Accepted for early help", "how": "phone"},
        now=at,
    )
    return reference


def allocated(
    connection: Connection, council: Council, *, at: datetime = MONDAY, surname: str = "Tregenza"
) -> str:
    """A case allocated to `lead` at that moment: the clocks of first contact and assessment run."""
    reference = accepted(connection, council, at=at, surname=surname)
    act(
        connection,
        reference,
        "allocate_lead_professional",
        council["screener"],
        {"lead_professional": council["lead"].email, "team": "north"},
        now=at,
    )
    return reference


def swept(connection: Connection, at: datetime) -> Swept:
    return sweep(connection, now=at, worker="tests")


def alerts(connection: Connection, *clocks: str) -> list[Row[Any]]:
    """Every alert, earliest first; of these clocks only, when given."""
    statement = select(Alert).order_by(Alert.fell_due_at, Alert.id)
    if clocks:
        statement = statement.where(Alert.clock.in_(clocks))
    return list(connection.execute(statement))


def stages(connection: Connection, *clocks: str) -> list[tuple[str, str]]:
    return [(alert.clock, alert.stage) for alert in alerts(connection, *clocks)]


def the_clock(connection: Connection, name: str) -> Row[Any]:
    """The newest run of that clock."""
    return connection.execute(
        select(ClockRow).where(ClockRow.name == name).order_by(ClockRow.id.desc()).limit(1)
    ).one()


def days(count: float) -> timedelta:
    return timedelta(days=count)
