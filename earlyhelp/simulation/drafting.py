"""Assessments on which somebody is still working: in the last weeks, lead professionals save sections as they go."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from earlyhelp.casework.assessments import SectionMoved, save_section
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.simulation.data import repeatable_dice
from earlyhelp.simulation.town import CaseInHand, Journey

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "family": {"household": "household", "parental_responsibility": "parental_responsibility"},
    "development": {"health": "development", "learning": "development"},
    "voices": {"childs_voice": "childs_voice", "parents_views": "parents_views"},
    "parenting": {"basic_care": "parenting"},
    "environment": {"wider_family": "environment"},
}
"""Sections of the shipped form in the order in which people come to them, and what they write about in each."""
DAYS_BETWEEN: Sequence[int] = (1, 1, 2, 3)


def drafted(case: CaseInHand) -> Journey:
    """Some sections, days apart, until the assessment is submitted or the work stops for now."""
    town = case.town
    dice = repeatable_dice(town.seed, f"draft of {case.latest.reference}")
    for section, questions in list(SECTIONS.items())[: dice.randint(1, len(SECTIONS))]:
        yield town.hours.after(town.now, dice.choice(DAYS_BETWEEN), dice)
        if case.state != "assessing" or case.lead is None:
            return
        if town.under_pressure:
            _save(case, section, questions, dice)


def _save(case: CaseInHand, section: str, questions: Mapping[str, str], dice: Random) -> None:
    assert case.lead is not None
    given: dict[str, Any] = {name: case.town.words.say(dice, about) for name, about in questions.items()}
    try:
        save_section(
            case.town.connection,
            reference=case.latest.reference,
            section=section,
            given=given,
            seen_version=0,
            person=case.lead,
            now=case.town.now,
        )
    except NotAllowed:  # a council that records assessments without a form
        return
    except SectionMoved:  # written before the assessment was returned: that stands
        return
