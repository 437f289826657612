"""Cases written in bulk are, row for row, those that the slow way writes."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, select

from earlyhelp.casework.bulk import Bulk
from earlyhelp.casework.contacts import read_contact
from earlyhelp.casework.history import verify_case
from earlyhelp.casework.intake import open_case, opening_engine
from earlyhelp.casework.pathways import running_pathway_id
from earlyhelp.casework.perform import perform
from earlyhelp.pathway.facts import Actor, Facts
from earlyhelp.permissions import Person
from earlyhelp.records.cases import Case
from earlyhelp.records.database import connect, reading, transaction
from earlyhelp.records.plain_text import all_tables
from tests.casework.watched_cases import MONDAY, Council, contact, council_in, days

TOLD = {
    "source": "2A",
    "channel": "email",
    "presenting_needs": [],
    "worries": "Tired",
    "strengths": "Kind",
    "agreement": "given",
}
LATER = MONDAY + days(40)
SURNAMES = ("Penrose", "Pascoe", "Trelawney", "Nance", "Tregenza")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def two_engines(request: pytest.FixtureRequest) -> Iterator[tuple[Engine, Engine]]:
    """Two databases alike: one for each way."""
    new: Callable[[], str] = request.getfixturevalue(f"{request.param}_url")
    engines = connect(new()), connect(new())
    yield engines
    for engine in engines:
        engine.dispose()


def contacts(number: int) -> list[dict[str, Any]]:
    """Contacts in which children come again, with and without numbers, alone and with their parents."""
    dice = Random(7)
    return [
        {
            "children": [
                {
                    "given_name": dice.choice(("Wenna", "Jory", "Demelza", "Morwenna")),
                    "family_name": dice.choice(SURNAMES),
                    "date_of_birth": f"201{dice.randrange(3)}-0{dice.randint(1, 3)}-04",
                    "postcode": dice.choice(("TR1 1AA", "TR2 4BB", None)),
                    "nhs_number": dice.choice(("9434765919", None, None)),
                }
                for _ in range(dice.choice((1, 1, 2)))
            ],
            "adults": [
                {"given_name": "Elowen", "family_name": dice.choice(SURNAMES), "relationship": "mother"}
            ]
            if dice.random() < 0.4
            else [],
            "referrer": {"name": "Mr Rowe", "organisation": dice.choice(("Hill School", ""))},
        }
        for _ in range(number)
    ]


def steps(dice: Random, at: datetime, council: Council) -> Iterator[tuple[str, Mapping[str, Any], datetime]]:
    """What then happened: some are closed, late or in time; some get a lead professional and are reached."""
    words = {"level_of_need": "additional", "rationale": "As told"}
    if dice.random() < 0.3:
        return
    at += timedelta(days=dice.choice((0, 1, 6)))
    if dice.random() < 0.5:
        yield "close_with_advice", {**words, "advice": "A clinic"}, at
        yield "answer_referrer", {"told_what": "Advice", "how": "phone"}, at + days(dice.choice((1, 9)))
        return
    yield "accept_for_early_help", {**words, "agreement": "given", "team": "north"}, at
    yield "allocate_lead_professional", {"lead_professional": council["lead"].email}, at + days(8)
    yield "record_first_contact", {"how": "phone", "child_seen": True, "childs_voice": "Yes"}, at + days(20)


def by_whom(council: Council) -> Person:
    """Somebody who may do all of it."""
    screener = council["screener"]
    return Person(
        screener.id, screener.email, screener.name, frozenset({"screener", "service_manager", "manager"})
    )


def slowly(engine: Engine, council: Council) -> None:
    with transaction(engine) as connection:
        for number, told in enumerate(contacts(60)):
            at = MONDAY + timedelta(hours=number)
            opened = open_case(
                connection,
                person=by_whom(council),
                fields=TOLD,
                now=LATER,
                occurred_at=at,
                reason="List",
                **told,
            )
            for action, fields, when in steps(Random(number), at, council):
                perform(
                    connection,
                    reference=opened.reference,
                    action=action,
                    person=by_whom(council),
                    fields=fields,
                    now=when,
                    occurred_at=when,
                )


def in_bulk(engine: Engine, council: Council) -> None:
    with transaction(engine) as connection:
        read = [
            read_contact(one["children"], one["referrer"], today=LATER.date(), adults=one["adults"])
            for one in contacts(60)
        ]
        bulk = Bulk(connection, person=by_whom(council))
        bulk.people.know(read)
        compiled = opening_engine(connection, person=bulk.person, now=LATER)
        pathway_id = running_pathway_id(connection, name="standard")
        assert pathway_id is not None
        for number, told in enumerate(read):
            at = MONDAY + timedelta(hours=number)
            children = contacts(60)[number]["children"]
            actor = Actor(bulk.person.id, bulk.person.roles)
            step = compiled.step(
                Facts(state=None), "receive_contact", {**TOLD, "children": children}, actor, at
            )
            case = bulk.open(compiled, pathway_id, told, step, occurred_at=at, now=LATER, reason="List")
            for action, fields, when in steps(Random(number), at, council):
                answer, resolved = bulk.answer(case, action, fields, occurred_at=when, now=when)
                bulk.perform(case, answer, resolved, occurred_at=when, now=when)
            if number % 20 == 19:
                bulk.flush()


def everything(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, but for messages, which bulk does not send, and what no two runs share."""
    with reading(engine) as connection:
        return {
            table.name: sorted(
                ({**row._mapping, **_unlike(table.name)} for row in connection.execute(select(table))),
                key=repr,
            )
            for table in all_tables()
            if table.name != "outbox"
        }


def _unlike(table: str) -> dict[str, Any]:
    """What no two runs share: a password is salted, and bulk writes some rows in another order."""
    unlike: dict[str, dict[str, Any]] = {
        "alerts": {"id": 0},
        "suspected_duplicates": {"id": 0},
        "users": {"password_hash": ""},
    }
    return unlike.get(table, {})


def test_bulk_writes_what_the_slow_way_writes(two_engines: tuple[Engine, Engine]) -> None:
    slow, fast = two_engines
    for engine, write in ((slow, slowly), (fast, in_bulk)):
        council = council_in(engine)
        with transaction(engine) as connection:
            contact(connection, council)  # somebody known before: Wenna Tregenza
        write(engine, council)
    expected, found = everything(slow), everything(fast)
    for table, rows in expected.items():
        assert found[table] == rows, table
    assert len(expected["alerts"]) > 10
    assert len(expected["suspected_duplicates"]) > 10
    assert len(expected["people"]) < sum(len(one["children"]) + len(one["adults"]) for one in contacts(60))
    with reading(fast) as connection:
        for reference in connection.scalars(select(Case.reference)):
            assert verify_case(connection, reference=reference) is None
