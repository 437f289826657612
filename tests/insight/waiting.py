"""Many contacts waiting at the front door, written in bulk: what is tested is the reading."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select

from earlyhelp.records.cases import Case, CasePerson, Contact
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.identifiers import case_reference
from earlyhelp.records.people import Person
from earlyhelp.records.reference import PublishedPathway


def fill(connection: Connection, *, contacts: int, now: datetime, waiting: int | None = None) -> None:
    """So many contacts, each of a child of its own; all wait, or only the first `waiting`, the others long closed."""
    pathway = connection.scalar(select(func.min(PublishedPathway.id)))
    start = (connection.scalar(select(func.max(Case.id))) or 0) + 1
    first = (connection.scalar(select(func.max(Person.id))) or 0) + 1
    open_ones = contacts if waiting is None else waiting
    people, cases, links, told, clocks = [], [], [], [], []
    for n in range(contacts):
        due = now + timedelta(minutes=n)
        person = {
            "id": first + n,
            "public_id": f"P{first + n}",
            "family_name": f"Nance{n}",
            "created_at": now,
        }
        people.append(person | {"given_name": "Ada", "search_name": f"ada nance{n}"})
        cases.append(_case(start + n, pathway, due, n < open_ones, now))
        links.append({"case_id": start + n, "person_id": first + n})
        told.append(_contact(start + n, now))
        clocks.append(_clock(start + n, pathway, due, now))
    for table, rows in ((Person, people), (Case, cases), (CasePerson, links), (Contact, told)):
        connection.execute(insert(table), rows)
    connection.execute(insert(ClockRow), clocks[:open_ones])


def _case(case_id: int, pathway: Any, due: datetime, is_open: bool, now: datetime) -> dict[str, Any]:
    return {
        "id": case_id,
        "reference": case_reference(900_000 + case_id),
        "pathway_id": pathway,
        "state": "screening" if is_open else "closed",
        "state_kind": "screening" if is_open else "closed",
        "is_open": is_open,
        "state_entered_at": now,
        "version": 1,
        "last_hash": "0" * 64,
        "opened_at": now,
        "last_event_at": now,
        "next_due_at": due if is_open else None,
    }


def _contact(case_id: int, now: datetime) -> dict[str, Any]:
    words = {"worries": "x", "strengths": "y", "agreement": "given", "presenting_needs": []}
    return {"case_id": case_id, "source": "2A", "channel": "email", "received_at": now, **words}


def _clock(case_id: int, pathway: Any, due: datetime, now: datetime) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "pathway_id": pathway,
        "name": "screening_decision",
        "kind": "screening",
        "status": "running",
        "started_at": now,
        "start_recorded_at": now,
        "started_by": 1,
        "due_at": due,
        "gross_due_at": due,
        "pauses": [],
        "span": {"working_days": 1},
        "holder": "front_door",
    }
