"""A small directory, and a family that was signposted to it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from earlyhelp.casework.directory import StartingService, add_missing_services
from tests.casework.watched_cases import MONDAY, Council, act, contact

SERVICES = (
    StartingService(
        key="toddlers",
        name="Stay and play",
        organisation="Walsall Families",
        description="Songs and games for little ones",
        phone="01922 555001",
        email="play@families.example",
        url="https://families.example/play",
        needs=["early_years", "parenting"],
        maximum_age=4,
    ),
    StartingService(
        key="debt", name="Debt advice", organisation="Money First", needs=["money"], phone="01922 555002"
    ),
)


def directory_in(connection: Connection) -> None:
    add_missing_services(connection, SERVICES)


def signposted(
    connection: Connection,
    council: Council,
    *,
    services: Sequence[str] = ("toddlers", "debt"),
    at: datetime = MONDAY,
    surname: str = "Penrose",
) -> str:
    """A contact closed by signposting the family to these services; its reference."""
    directory_in(connection)
    reference = contact(connection, council, at=at, surname=surname)
    fields = {
        "level_of_need": "universal",
        "rationale": "The family wants company and advice",
        "services": list(services),
        "family_agreed": True,
    }
    act(connection, reference, "signpost", council["screener"], fields, now=at)
    return reference
