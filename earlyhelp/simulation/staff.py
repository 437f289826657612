"""The people who work in the made-up council, and who of them does what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import Connection, insert, select

from earlyhelp.casework.accounts import add_team, create_user
from earlyhelp.casework.references import find_team
from earlyhelp.casework.seeding import COUNCIL
from earlyhelp.permissions import Person, person_by_email
from earlyhelp.records.organisation import Agency, Team
from earlyhelp.simulation.data import drawn, read_data

DOMAIN = "millbrook.example"
PARTNERS = ""
"""Key under which leads of other agencies, who belong to no team, are found."""


@dataclass(frozen=True)
class Staff:
    """Who there is to act. Choosing one takes the dice of the case, so that the history is always the same."""

    screeners: Mapping[Person, float]
    screening_manager: Person
    social_care_manager: Person
    partner: Person
    managers: Mapping[str, Person]
    leads: Mapping[str, Mapping[Person, float]] = field(default_factory=dict)

    def screener(self, dice: Random) -> Person:
        return drawn(dice, self.screeners)

    def team(self, dice: Random) -> str:
        """A locality team, as often as it has lead professionals to give."""
        return drawn(dice, {team: sum(self.leads[team].values()) for team in self.managers})

    def lead(self, dice: Random, team: str, *, other_than: Person | None = None) -> Person:
        """A lead professional of the team, or of a partner agency."""
        there = {**self.leads[team], **self.leads[PARTNERS]}
        return drawn(dice, {lead: weight for lead, weight in there.items() if lead != other_than})


def settle_staff(connection: Connection, council: Mapping[str, Any], *, now: datetime) -> Staff:
    """Make the teams, agencies and accounts that are missing, without passwords, and say who does what."""
    for team in council["teams"]:
        if find_team(connection, team["name"]) is None:
            add_team(connection, **team)
    for agency in council["agencies"]:
        if connection.scalar(select(Agency.id).where(Agency.key == agency["key"])) is None:
            connection.execute(insert(Agency).values(**agency))
    people = {entry["email"]: _person(connection, entry, now) for entry in council["staff"]}
    return _who_does_what(connection, council["staff"], people)


def shown_sign_ins() -> list[tuple[str, str]]:
    """The account that stands for each role in a demo: the role in words, and the address."""
    staff = read_data("council")["staff"]
    return [(entry["sign_in"], address_of(entry["email"])) for entry in staff if "sign_in" in entry]


def address_of(name: str) -> str:
    return f"{name}@{DOMAIN}"


def _person(connection: Connection, entry: Mapping[str, Any], now: datetime) -> Person:
    address = address_of(entry["email"])
    known = {key: entry[key] for key in ("name", "roles", "team", "job_title") if key in entry}
    if person_by_email(connection, email=address) is None:
        create_user(
            connection,
            email=address,
            agency=entry.get("agency", COUNCIL),
            fte=entry.get("fte", 1.0),
            newly_qualified=entry.get("newly_qualified", False),
            now=now,
            **known,
        )
    person = person_by_email(connection, email=address)
    assert person is not None
    return person


def _who_does_what(
    connection: Connection, entries: Sequence[Mapping[str, Any]], people: Mapping[str, Person]
) -> Staff:
    localities = list(connection.scalars(select(Team.key).where(Team.kind == "locality").order_by(Team.id)))
    leads: dict[str, dict[Person, float]] = {team: {} for team in (*localities, PARTNERS)}
    for entry in entries:
        if "lead_professional" in entry["roles"]:
            leads[entry.get("team", PARTNERS)][people[entry["email"]]] = entry["weight"]
    managers = {p.team_key: p for p in people.values() if "manager" in p.roles and p.team_key is not None}
    return Staff(
        screeners={people[e["email"]]: e["weight"] for e in entries if "screener" in e["roles"]},
        screening_manager=managers["front_door"],
        social_care_manager=managers["social_care"],
        partner=next(p for p in people.values() if "partner" in p.roles),
        managers={team: managers[team] for team in localities if team in managers},
        leads=leads,
    )
