"""W5: every page and API answer that somebody can open, on councils of several sizes: which are slow, which grow.

An address whose values nothing in the council has (a note, an import, a webhook) answers 404 and is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, select
from werkzeug.routing import Rule

from benchmarks.filling import UNTIL
from benchmarks.lists import busiest
from benchmarks.measuring import Figures, spread, timed
from benchmarks.pages import PASSWORD, over_sizes, signed_in, website
from earlyhelp.casework.accounts import CHEAPEST, set_password
from earlyhelp.casework.tokens import create_token
from earlyhelp.permissions import Person, may
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.database import transaction
from earlyhelp.records.organisation import Team
from earlyhelp.records.people import Person as PersonRow

ROLES = (
    *("service_manager", "manager", "screener", "lead_professional"),
    *("analyst", "auditor", "administrator"),
)
LOOKS = 10
SLOW_SECONDS = 1.0
ASKED: Mapping[str, Sequence[str]] = {
    "front_door.queue": ("search=Khan", "flag=repeat", "flag=infant", "urgency=amber", "whose=nobodys"),
    "management.alert_list": ("stage=overdue", "status=unsettled", "team=0", "status=resolved"),
    "management.case_list": ("group=received_today", "kind=plan"),
    "reads.page": ("user=1",),
    "directory.search": ("words=parenting",),
}
"""What is asked for besides the whole list, by endpoint."""


def run(folder: Path, *, kind: str, sizes: Sequence[int]) -> Figures:
    """Median and p95 of each page at each size, and how it grew from the first size to the last."""
    return over_sizes(measured, folder, kind=kind, sizes=sizes)


def measured(engine: Engine, url: str, folder: Path, name: str) -> Figures:
    """Every page of a council that is filled already, as the first role that may open it; managers' pages twice."""
    app = website(engine, url, folder)
    figures: Figures = {}
    seen: set[str] = set()
    for role in ROLES:
        with transaction(engine) as connection:
            person = busiest(connection, role)
            values = _values(connection, person)
            set_password(connection, user_id=person.id or 0, password=PASSWORD, hasher=CHEAPEST)
            token = create_token(connection, user_id=person.id or 0, name="every page", now=UNTIL)
        client = signed_in(app, person)
        for endpoint, address in _addresses(app, person, values):
            if role != "manager" and address in seen:
                continue
            seen.add(address)
            headers = {"Authorization": f"Bearer {token}"} if endpoint.startswith("api.") else {}
            figures |= _looked_at(client, address, headers, f"{role} {_shape(app, address)}", name)
    return figures


def _addresses(app: Flask, person: Person, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint):
        if "GET" in (rule.methods or ()) and _opens(app, person, rule) and rule.arguments <= values.keys():
            with app.test_request_context():
                address = app.url_for(rule.endpoint, **{key: values[key] for key in rule.arguments})
            for asked in ("", *ASKED.get(rule.endpoint, ())):
                yield rule.endpoint, f"{address}?{asked}" if asked else address


def _opens(app: Flask, person: Person, rule: Rule) -> bool:
    permission = getattr(app.view_functions[rule.endpoint], "permission", None)
    return permission in {"public", "signed_in"} or (permission is not None and may(person, permission))


def _values(connection: Connection, person: Person) -> dict[str, Any]:
    """What addresses name: a case under way of this person's or their team, its child, and one of everything."""
    theirs = [Case.lead_professional_id == person.id] if "lead_professional" in person.roles else []
    theirs += [Case.team_id == person.team_id] if "manager" in person.roles else []
    wanted = [Case.is_open, Case.state_kind == "plan", *theirs]
    case = connection.execute(select(Case).where(*wanted).order_by(Case.id.desc()).limit(1)).one_or_none()
    if case is None:
        case = connection.execute(select(Case).where(Case.is_open).order_by(Case.id.desc()).limit(1)).one()
    children = select(PersonRow.public_id).join(CasePerson, CasePerson.person_id == PersonRow.id)
    child = connection.execute(children.where(CasePerson.case_id == case.id).limit(1)).scalar_one()
    team = connection.execute(select(Team.key).where(Team.id == case.team_id)).scalar_one_or_none()
    numbers = ("number", "sample_id", "audited_id", "feedback_id", "import_id", "webhook_id")
    return dict.fromkeys(numbers, 1) | {
        "reference": case.reference,
        "public_id": child,
        "user_id": case.lead_professional_id or person.id,
        "state": case.state,
        "action": "record_review",
        "name": "standard",
        "which": "allocations",
        "key": team if "administrator" in person.roles else "below_threshold",
        "check": "duplicates",
        "part": "denominator",
        "file_format": "csv",
        "step": "who",
    }


def _shape(app: Flask, address: str) -> str:
    """The address without what names a record, so that councils of two sizes are compared."""
    path, _, asked = address.partition("?")
    with app.test_request_context(path) as context:
        rule = context.request.url_rule
    return f"{rule}{'?' if asked else ''}{asked}"


def _looked_at(
    client: FlaskClient, address: str, headers: Mapping[str, str], shape: str, name: str
) -> Figures:
    if client.get(address, headers=headers).status_code != 200:
        return {}
    once = timed(lambda: client.get(address, headers=headers))
    looks = 2 if once > SLOW_SECONDS else LOOKS
    median, high = spread(lambda: client.get(address, headers=headers), looks)
    return {f"W5 page {shape}: median ms, {name}": median, f"W5 page {shape}: p95 ms, {name}": high}
