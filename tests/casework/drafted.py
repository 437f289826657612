"""Assessments of the watched council: its form is published, and answers that make it whole."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from earlyhelp.casework.assessments import SectionSaved, save_section
from earlyhelp.casework.forms import publish_form
from earlyhelp.casework.papers import Paper, paper_of
from earlyhelp.casework.perform import engine_for
from earlyhelp.casework.reading import case_for
from earlyhelp.pathway.loading import folder_library
from earlyhelp.permissions import Person
from earlyhelp.places import workflows
from earlyhelp.questionnaires.definition import Form
from earlyhelp.questionnaires.loading import load
from tests.casework.watched_cases import MONDAY, Council, act, allocated, days

TUESDAY = MONDAY + days(1)
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "family": {
        "household": "Kerra (mother, 34), Wenna (6)",
        "lives_with": "with_parents",
        "parental_responsibility": "Kerra",
        "interpreter": False,
    },
    "reason": {"reason": "Often absent from school", "took_part": "Kerra and Wenna"},
    "development": {"health": "Sleeps badly", "learning": "Reads well", "score_development": 4},
    "parenting": {"basic_care": "Meals are regular", "score_parenting": 5},
    "environment": {"wider_family": "Grandmother is close by", "score_environment": 3},
    "strengths_and_needs": {
        "strengths": "Close to her grandmother",
        "needs": ["education"],
        "need_education": "Somebody to walk to school with",
    },
    "voices": {
        "child_seen_alone": True,
        "childs_voice": "Wants to see her friends",
        "parents_views": "Would like mornings to be calmer",
    },
    "analysis": {"proposed_plan": "Breakfast club from next week"},
}
FIELDS = {
    "childs_development": "Sleeps badly",
    "parenting_capacity": "Meals are regular",
    "family_and_environment": "Grandmother is close by",
    "strengths": "Close to her grandmother",
    "needs": ["education"],
    "childs_voice": "Wants to see her friends",
    "parents_views": "Would like mornings to be calmer",
    "score_childs_development": 4,
    "score_parenting_capacity": 5,
    "score_family_and_environment": 3,
    "proposed_plan": "Breakfast club from next week",
}


def shipped_form() -> Form:
    path = workflows() / "forms" / "early_help_assessment.toml"
    return load(path, library=folder_library(workflows()))


def assessing(connection: Connection, council: Council, *, surname: str = "Tregenza") -> str:
    """A case whose lead professional has reached the family, with the form published."""
    publish_form(connection, shipped_form(), now=MONDAY)
    reference = allocated(connection, council, surname=surname)
    fields = {"how": "home_visit", "child_seen": True, "childs_voice": "Likes drawing"}
    act(connection, reference, "record_first_contact", council["lead"], fields, now=TUESDAY)
    return reference


def saved(
    connection: Connection, reference: str, section: str, person: Person, *, seen: int = 0, **given: Any
) -> SectionSaved:
    """One section as somebody writes it, over the answers that make it whole."""
    return save_section(
        connection,
        reference=reference,
        section=section,
        given={**ANSWERS[section], **given},
        seen_version=seen,
        person=person,
        now=TUESDAY,
    )


def drafted(connection: Connection, council: Council, *, surname: str = "Tregenza") -> str:
    """A case whose assessment is ready to be submitted."""
    reference = assessing(connection, council, surname=surname)
    for section in ANSWERS:
        saved(connection, reference, section, council["lead"])
    return reference


def paper(connection: Connection, reference: str, person: Person) -> Paper:
    case = case_for(connection, reference=reference, person=person)
    found = paper_of(connection, case, engine_for(connection, case).pathway, person=person)
    assert found is not None
    return found
