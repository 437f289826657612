"""What every template may use: who is signed in, where they may go, the name of the service."""

from typing import Any

from flask import Flask, g, request, url_for
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader

from earlyhelp.pathway.definition import Pathway
from earlyhelp.permissions import Person, may
from earlyhelp.places import templates
from earlyhelp.web.own_words import in_own_words, own_title, own_word
from earlyhelp.web.presenters.options import as_options
from earlyhelp.web.services import services

QUEUE = "front_door.queue"
NAVIGATION = (
    ("front_door", "Front door", QUEUE),
    ("my_cases", "My cases", "my_cases.mine"),
    ("management", "Management", "management.dashboard_page"),
    ("directory", "Directory", "directory.search"),
    ("case_audit", "Case audits", "audits.page"),
    ("scorecard", "Scorecard", "scorecard.page"),
    ("audit", "Read audit", "reads.page"),
    ("administration", "Administration", "administration.index"),
)
"""Permission, words and page of each place, in the order of the navigation."""
STARTS = (
    ("screener", "front_door.queue"),
    ("lead_professional", "my_cases.mine"),
    ("manager", "management.dashboard_page"),
    ("service_manager", "management.dashboard_page"),
    ("analyst", "scorecard.page"),
    ("auditor", "scorecard.page"),
    ("administrator", "administration.index"),
)
"""Where each role's work is; who has several starts at the first."""


WITHIN = {"authorising": "management", "exports": "scorecard"}
"""Pages that belong to a place without being served by it."""


def prepare(app: Flask) -> None:
    """Let the application find our templates and the GOV.UK macros, and give every page its surroundings."""
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(templates()),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals |= {"labels": labels, "own_word": own_word, "own_title": own_title}
    app.jinja_env.filters |= {"in_own_words": in_own_words, "as_options": as_options}
    app.context_processor(_surroundings)


def labels(pathway: Pathway, code_list: str) -> dict[str, str]:
    """Labels of a pathway's code list by code."""
    return {code: entry.label for code, entry in pathway.codes.get(code_list, {}).items()}


def start_of(person: Person) -> str | None:
    """The endpoint at which this person starts; None for roles that only use the API."""
    return next((endpoint for role, endpoint in STARTS if role in person.roles), None)


def places_for(person: Person) -> list[tuple[str, str]]:
    """Words and endpoint of each place this person may go to."""
    return [(words, endpoint) for permission, words, endpoint in NAVIGATION if may(person, permission)]


def _surroundings() -> dict[str, Any]:
    person: Person | None = g.get("person")
    settings = services().settings
    return {
        "service_name": settings.service_name,
        "demo": settings.demo,
        "signed_in": person,
        "may": lambda permission: person is not None and may(person, permission),
        "navigation": _navigation(person) if person else [],
    }


def _navigation(person: Person) -> list[dict[str, Any]]:
    blueprint = (request.endpoint or "").partition(".")[0]
    blueprint = WITHIN.get(blueprint, blueprint)
    return [
        {
            "text": own_title("front_door") if endpoint == QUEUE else words,
            "href": url_for(endpoint),
            "active": endpoint.partition(".")[0] == blueprint,
        }
        for words, endpoint in places_for(person)
    ]
