"""Each guard lets pass what it should, and tells whom it stops what would make the action possible."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.facts import Actor, Facts
from earlyhelp.pathway.guards import GUARDS, Situation
from earlyhelp.pathway.terms import respoken
from tests.pathway.moments import london

NOW = london("2026-03-10 10:00")
SOMEBODY = Actor(7, frozenset({"lead_professional"}), "locality")
CLOSED = Facts(state="closed", closed_at=NOW - timedelta(days=40), outcome="signposted")
OURS = {"lead_professional": "family navigator"}


@dataclass(frozen=True)
class Asked:
    """One guard with its parameters: what it lets pass, what it stops, and words of the answer."""

    guard: str
    passes: dict[str, Any]
    stops: dict[str, Any]
    words: str
    parameters: dict[str, Any] = field(default_factory=dict)


ASKED = [
    Asked("agreement_given", {"fields": {"agreement": "given"}}, {"fields": {}}, "record that it was given"),
    Asked(
        "level_in",
        {"facts": Facts(state="plan", level_of_need="targeted")},
        {"fields": {"level_of_need": "universal"}},
        "must be additional or targeted",
        {"levels": ["additional", "targeted"]},
    ),
    Asked(
        "not_the_author",
        {"facts": Facts(state="waiting", assessment_author=8)},
        {"facts": Facts(state="waiting", assessment_author=7)},
        "another manager must authorise",
    ),
    Asked(
        "takes_part",
        {"facts": Facts(state="plan", lead_professional=7)},
        {"facts": Facts(state="plan", lead_professional=8)},
        "Only the family navigator of this family",
    ),
    Asked(
        "of_a_social_care_team",
        {"actor": SOMEBODY._replace(team_kind="social_care")},
        {},
        "manager of a social care team",
    ),
    Asked(
        "closed_within",
        {"facts": CLOSED},
        {"facts": CLOSED._replace(closed_at=NOW - timedelta(days=400))},
        "record a new contact instead",
        {"months": 12},
    ),
    Asked(
        "outcome_in",
        {"facts": CLOSED},
        {"facts": CLOSED._replace(outcome="moved_away")},
        "closed as signposted",
        {"outcomes": ["signposted"]},
    ),
    Asked(
        "manager_confirms_repeat",
        {"facts": Facts(state="screening", earlier_below_threshold=(NOW - timedelta(days=500), NOW))},
        {"facts": Facts(state="screening", earlier_below_threshold=(NOW - timedelta(days=300), NOW))},
        "a manager must make this decision",
        {"closings": 2, "months": 12},
    ),
    Asked(
        "every_child_has_birth_date",
        {},
        {"facts": Facts(state="screening", children_without_birth_date=2)},
        "for every child (2 missing)",
    ),
    Asked(
        "no_open_case_for_children",
        {},
        {"facts": Facts(state="screening", open_cases_of_children=("EH-234-6789",))},
        "(EH-234-6789): join this contact to it",
    ),
]


def test_every_guard_is_asked_here() -> None:
    assert [asked.guard for asked in ASKED] == list(GUARDS)


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.guard)
def test_a_guard_stops_with_words_that_lead_on(asked: Asked) -> None:
    usual = {"facts": Facts(state="screening"), "fields": {}, "actor": SOMEBODY}

    def answer(situation: dict[str, Any]) -> Any:
        told = Situation(**usual | situation, occurred_at=NOW, calendar=england(), terms=OURS)
        return GUARDS[asked.guard].check(told, **asked.parameters)

    assert answer(asked.passes) is None
    assert asked.words in answer(asked.stops).words


@pytest.mark.parametrize(
    ("usual", "own"),
    [
        ("Lead professionals of Hope", "Family navigators of Hope"),
        ("waits for a lead professional.", "waits for a family navigator."),
        ("leading professionals", "leading professionals"),
        ("Front door", "Front door"),
    ],
)
def test_words_of_ours_are_said_as_the_council_says_them(usual: str, own: str) -> None:
    assert respoken(usual, OURS) == own


def test_a_plural_comes_before_what_stands_in_brackets() -> None:
    assert respoken("Early help assessments begun", {"assessment": "common assessment (CAF)"}) == (
        "Common assessments (CAF) begun"
    )
