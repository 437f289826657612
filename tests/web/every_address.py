"""A council with something behind every address, and the address of every page."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection
from werkzeug.routing import Rule

from earlyhelp.casework.calendar_feeds import make_feed
from earlyhelp.casework.forms import publish_form
from earlyhelp.casework.receipts import new_receipt
from tests.casework.drafted import shipped_form
from tests.casework.signposted import signposted
from tests.casework.watched_cases import MONDAY, Council, allocated
from tests.web.desk import family_with_a_plan
from tests.web.managers_papers import OWN_KEYS, managers_papers

DESK = ("plans.", "meetings.", "notes.", "case_access.")
"""Pages that are tried on a case whose plan is under way."""


@dataclass(frozen=True)
class Filled:
    """What addresses name: by part of an address, and otherwise for some pages."""

    values: Mapping[str, Any]
    special: Mapping[str, Mapping[str, Any]]
    records: tuple[str, ...]
    """Cases and people whom some must give a reason to open."""

    def give_reasons(self, client: FlaskClient) -> None:
        for record in self.records:
            client.post(f"/{record}/why", data={"reason": "A new contact names them"})

    def address(self, app: Flask, rule: Rule) -> str:
        given = {name: self.values.get(name, 1) for name in rule.arguments} | self._own(rule)
        with app.test_request_context():
            return app.url_for(rule.endpoint, **given)

    def _own(self, rule: Rule) -> dict[str, Any]:
        """What this page names instead of what most pages do: by its whole name, or by how it begins."""
        found: dict[str, Any] = {}
        for beginning, values in self.special.items():
            if rule.endpoint == beginning or (
                beginning.endswith(".") and rule.endpoint.startswith(beginning)
            ):
                found |= values
        return {name: value for name, value in found.items() if name in rule.arguments}


def filled(connection: Connection, council: Council, *, now: datetime) -> Filled:
    """Fills the council: a case allocated, one signposted, a family with a plan, papers of managers."""
    reference = allocated(connection, council)
    publish_form(connection, shipped_form(), now=MONDAY)
    token = new_receipt(connection, reference=reference, now=now)
    diary = make_feed(connection, person=council["lead"], now=now)
    sent_on = signposted(connection, council)
    desk = family_with_a_plan(connection, council)
    papers = managers_papers(connection, council, reference=reference)
    child = connection.exec_driver_sql("SELECT max(public_id) FROM people").scalar_one()
    values = (
        asdict(desk)
        | asdict(papers)
        | {
            "reference": reference,
            "action": "change_lead_professional",
            "name": "assessment",
            "which": "allocations",
            "key": "below_threshold",
            "part": "numerator",
            "file_format": "json",
            "alert_id": 1,
            "import_id": 1,
            "step": "who",
            "token": token,
            "source": "event",
            "source_id": desk.event_id,
            **dict.fromkeys(("public_id", "kept", "gone"), child),
        }
    )
    special: dict[str, Mapping[str, Any]] = {
        "diary.feed": {"token": diary},
        "directory.service": {"key": "toddlers"},
        "directory.case_sheet": {"reference": sent_on},
        "directory.case_sheet_pdf": {"reference": sent_on},
        "exports.annex_a_gaps": {"number": 1, "key": "ethnicity"},
        "exports.event_log": {"file_format": "csv"},
        "exports.ssd_gaps": {"key": "ethnicity"},
        "administration.pathway": {"name": "standard"},
        "pathways.": {"name": "standard"},
        "replays.": {"name": "standard"},
        "assessments.section": {"name": "voices"},
        **{pages: {"reference": desk.reference} for pages in DESK},
        **{endpoint: {"key": key} for endpoint, key in OWN_KEYS.items()},
    }
    records = (
        f"cases/{reference}",
        f"cases/{desk.reference}",
        f"people/{child}",
        f"people/{desk.public_id}",
    )
    return Filled(values, special, records)


def pages(app: Flask) -> Iterator[Rule]:
    """Every address that a browser opens, but not those of the API nor files of the service itself."""
    for rule in app.url_map.iter_rules():
        if (
            "GET" in (rule.methods or ())
            and not rule.endpoint.startswith("api.")
            and rule.endpoint != "static"
        ):
            yield rule
