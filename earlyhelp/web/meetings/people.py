"""The people of a meeting as rows of a form: name, agency, and whether they came."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request

from earlyhelp.casework.meetings import MOST_PEOPLE
from earlyhelp.insight.meetings import MeetingShown
from earlyhelp.insight.plans import Plan

EMPTY_ROWS = 3
LEAST_ROWS = 5
ADD = "add_person"


def typed_people() -> list[dict[str, str]]:
    """The rows that were posted, in their order. Numbers beyond the most there may be are not looked at."""
    return [
        {part: request.form.get(f"people-{row}-{part}", "") for part in ("name", "agency", "answer")}
        for row in range(MOST_PEOPLE)
        if f"people-{row}-name" in request.form
    ]


def with_empty_rows(people: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The rows to show: those there are, and a few to fill in."""
    empty = max(LEAST_ROWS - len(people), EMPTY_ROWS)
    rows: list[Mapping[str, str]] = [*people]
    return (rows + [{"name": "", "agency": "", "answer": ""}] * empty)[:MOST_PEOPLE]


def likely_people(meetings: Sequence[MeetingShown], plan: Plan) -> list[dict[str, str]]:
    """Whom to invite: those of the last meeting, or those who have something to do in the plan."""
    for meeting in meetings:
        if meeting.people:
            return [_row(one.name, one.agency) for one in meeting.people]
    doing = {action.row.who.casefold(): action.row for action in plan.live_actions}
    return [_row(row.who, row.agency) for row in doing.values()]


def people_of(meeting: MeetingShown) -> list[dict[str, str]]:
    return [
        _row(one.name, one.agency) | {"answer": one.answer if one.answer != "invited" else ""}
        for one in meeting.people
    ]


def _row(name: str, agency: str) -> dict[str, Any]:
    return {"name": name, "agency": agency, "answer": ""}
