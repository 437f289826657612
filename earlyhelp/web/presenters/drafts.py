"""Drafts of assessments and families that wait for a manager, as a lead professional's desk lists them."""

from datetime import datetime
from typing import Any, NamedTuple

from flask import url_for

from earlyhelp.insight.assessments import Waiting
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.web.presenters.assessments import STATES
from earlyhelp.web.presenters.cases import shown_child, state_title
from earlyhelp.web.presenters.words import counted, moment_words


class DraftShown(NamedTuple):
    """An assessment in hand, with the way to go on with it."""

    reference: str
    link: str
    children: list[str]
    state: str
    colour: str
    progress: str
    saved: str


class WaitShown(NamedTuple):
    """A family that waits for somebody else."""

    reference: str
    link: str
    children: list[str]
    state: str
    days: str
    since: str


def shown_draft(one: Waiting, now: datetime) -> DraftShown:
    words, colour = STATES[one.row.state]
    return DraftShown(
        reference=one.row.reference,
        link=url_for("assessments.section_list", reference=one.row.reference),
        children=_names(one, now),
        state=words,
        colour=colour,
        progress=f"{one.row.sections} of {counted(len(one.row.content['sections']), 'section')} begun",
        saved=moment_words(one.row.saved_at, now) if one.row.saved_at else "",
    )


def shown_waiting(one: Waiting, engine: CompiledPathway, now: datetime) -> WaitShown:
    since = engine.calendar.date_of(one.row.state_entered_at)
    days = engine.calendar.working_days_between(since, engine.calendar.date_of(now))
    return WaitShown(
        reference=one.row.reference,
        link=url_for("cases.page", reference=one.row.reference),
        children=_names(one, now),
        state=state_title(engine.pathway, one.row.state),
        days=counted(days, "working day") if days > 0 else "",
        since=moment_words(one.row.state_entered_at, now),
    )


def _names(one: Any, now: datetime) -> list[str]:
    children = [shown_child(child, now) for child in one.children]
    return [f"{child['name']}, {child['age']}" for child in children]
