"""W5: every page and API answer that somebody can open, on councils of several sizes: which are slow, which grow.

An address whose values nothing in the council has (a note, an import, a webhook) answers 404 and is left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select
from werkzeug.routing import Rule

from benchmarks.councils import Councils, busiest
from benchmarks.lists import in_words
from benchmarks.measuring import Figures, spreads, timed
from benchmarks.pages import Website, over_sizes, signed_in, token_of
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
Look = Callable[[], int]
"""Opens one page; says its status."""


def run(councils: Councils, *, kind: str) -> Figures:
    """Median and p95 of each page at each size, and how it grew from the first size to the last."""
    return over_sizes(measured, councils, kind=kind)


def measured(sites: Sequence[Website]) -> Figures:
    """Every page of councils that are filled already, as the first role that may open it; managers' pages twice."""
    figures: Figures = {}
    seen: set[str] = set()
    for role in ROLES:
        asked = {site: _asked(site, role) for site in sites}
        for shape in next(iter(asked.values())):
            if role != "manager" and shape in seen:
                continue
            seen.add(shape)
            looks = {site.name: of_site[shape] for site, of_site in asked.items() if shape in of_site}
            figures |= _looked_at(looks, f"{role} {shape}")
    return figures


def _asked(site: Website, role: str) -> dict[str, Look]:
    """How the busiest of this role looks at each address they may open, by its shape."""
    with transaction(site.council.engine) as connection:
        person = busiest(connection, role)
        values = _values(connection, person)
    browser, token = signed_in(site, role), token_of(site, role)
    return {
        _shape(site.app, address): partial(_status, browser, address, token if api else "")
        for address, api in _addresses(site.app, person, values)
    }


def _status(browser: FlaskClient, address: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return browser.get(address, headers=headers).status_code


def _addresses(app: Flask, person: Person, values: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Each address, and whether it is of the API."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint):
        if "GET" in (rule.methods or ()) and _opens(app, person, rule) and rule.arguments <= values.keys():
            with app.test_request_context():
                address = app.url_for(rule.endpoint, **{key: values[key] for key in rule.arguments})
            for asked in ("", *ASKED.get(rule.endpoint, ())):
                yield f"{address}?{asked}" if asked else address, rule.endpoint.startswith("api.")


def _opens(app: Flask, person: Person, rule: Rule) -> bool:
    permission = getattr(app.view_functions[rule.endpoint], "permission", None)
    return permission in {"public", "signed_in"} or (permission is not None and may(person, permission))


def _values(connection: Connection, person: Person) -> dict[str, Any]:
    """What addresses name: a case under way of this person's or their team, its child, and one of everything."""
    theirs = [Case.lead_professional_id == person.id] if "lead_professional" in person.roles else []
    theirs += [Case.team_id == person.team_id] if "manager" in person.roles else []
    wanted = [Case.is_open, Case.state_kind == "plan", ~Case.restricted, *theirs]
    case = connection.execute(select(Case).where(*wanted).order_by(Case.id.desc()).limit(1)).one_or_none()
    if case is None:
        any_open = select(Case).where(Case.is_open, ~Case.restricted).order_by(Case.id.desc())
        case = connection.execute(any_open.limit(1)).one()
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


def _looked_at(looks: Mapping[str, Look], shape: str) -> Figures:
    if any(look() != 200 for look in looks.values()):
        return {}
    once = max(map(timed, looks.values()))
    return in_words(f"W5 page {shape}", spreads(looks, 2 if once > SLOW_SECONDS else LOOKS))
