"""The weekly report in words: key figures, what is out of the ordinary, and where to look."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy import Connection, select

from earlyhelp.insight.measures.asking import scene_of
from earlyhelp.insight.measures.behind import SMALL
from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.figures import Figure, figures
from earlyhelp.insight.measures.judging import status, travel, written
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import Narrowed
from earlyhelp.insight.measures.own_words import in_words_of
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.insight.scorecard.contents import about
from earlyhelp.insight.scorecard.unseen import figures_seen_by
from earlyhelp.insight.scorecard.words import TRAVEL, day_words, parts_words
from earlyhelp.insight.scorecard.xmr import Point, xmr
from earlyhelp.pathway.terms import USUAL
from earlyhelp.permissions import PUBLIC_FORM
from earlyhelp.records.organisation import Team

WEEKS = 13
KEY_FIGURES = (
    "contacts_received",
    "decided_in_time",
    "below_threshold",
    "progressed_to_social_care",
    "first_contact_in_time",
    "assessment_in_time",
    "reviews_in_time",
    "open_cases",
    "unallocated",
    "authorisation_queue",
    "stepped_up",
    "end_measures",
)


def week(monday: date) -> Span:
    return Span(monday, monday + timedelta(days=6))


def weekly_letter(
    connection: Connection,
    *,
    monday: date,
    team_id: int | None,
    now: datetime,
    base_url: str,
    terms: Mapping[str, str] = USUAL,
) -> tuple[str, str]:
    """Subject and body for one week. No name of a family is in it: only figures and addresses."""
    narrowed = Narrowed(team_id=team_id)
    weeks = tuple(week(monday - timedelta(weeks=back)) for back in reversed(range(WEEKS)))
    scene = scene_of(connection, *weeks, now=now)
    measures = [in_words_of(terms, MEASURES[key]) for key in KEY_FIGURES]
    found = _told_to_anybody(connection, figures(connection, measures, scene, narrowed), scene, narrowed)
    of_whom = about(connection, narrowed)
    card, asked = f"{base_url}/scorecard", _asked(connection, weeks[-1], team_id)
    lines = [_line(measure, found[measure.key]) for measure in measures]
    unusual = [
        f"{line}\n  {card}/{measure.key}?{asked}"
        for measure in measures
        if (line := _exception(measure, found[measure.key], scene))
    ]
    title = f"Early help: the week to {day_words(weeks[-1].last)}"
    parts = [
        f"{of_whom}, {day_words(weeks[-1].first)} to {day_words(weeks[-1].last)}",
        "Key figures\n" + "\n".join(lines),
        "Out of the ordinary\n" + "\n".join(unusual or ["Nothing: no target missed, no signal."]),
        f"The figures, with the cases behind them:\n{card}?{asked}",
        f"What is overdue now:\n{base_url}/management",
    ]
    return title, "\n\n".join(parts)


def _told_to_anybody(
    connection: Connection, found: Mapping[str, list[Figure]], scene: Scene, narrowed: Narrowed
) -> dict[str, list[Figure]]:
    """A letter may be read by anybody on the list: no small figure in it tells of a restricted record."""
    whole = [figure for weeks in found.values() for figure in weeks]
    seen = figures_seen_by(connection, whole, scene, narrowed, person=PUBLIC_FORM)
    return {key: [figure for figure in seen if figure.measure.key == key] for key in found}


def _asked(connection: Connection, span: Span, team_id: int | None) -> str:
    """What the scorecard's address asks for, to show the same figures as the letter."""
    days = {"from": span.first.isoformat(), "to": span.last.isoformat()}
    team = connection.scalar(select(Team.key).where(Team.id == team_id)) if team_id is not None else None
    return urlencode({**days, "team": team} if team else days)


def _line(measure: Measure, weeks: list[Figure]) -> str:
    now, before = weeks[-1], weeks[-2]
    made = "" if measure.kind == "count" or now.value is None else f" ({parts_words(now)})"
    return f"- {measure.title}: {_told(now)}{made}; the week before {_told(before)}"


def _told(figure: Figure) -> str:
    if figure.hidden:
        return f"kept back (about fewer than {SMALL})"
    return "nothing to measure" if figure.value is None else written(figure.measure, figure.value)


def _exception(measure: Measure, weeks: list[Figure], scene: Scene) -> str | None:
    """A missed target, or a week outside its limits; None for what is ordinary."""
    latest, target = weeks[-1], scene.numbers.targets.get(measure.key)
    words = []
    verdict = status(measure, latest.value, target, near_percent=scene.numbers.near_percent)
    if verdict == "missed" and target is not None:
        words.append(f"misses the target of {written(measure, target)}")
    top = 100.0 if measure.kind == "share" else None
    points = xmr([figure.value for figure in weeks], lowest=0.0, highest=top)
    if points and points[-1].place == len(weeks) - 1 and points[-1].signal is not None:
        words.append(_signal(points[-1]))
    if not words:
        return None
    way = TRAVEL[travel(latest, weeks[-2])].lower()
    return f"- {measure.title}: {written(measure, latest.value)}, {'; '.join(words)} ({way} against the week before)"


def _signal(point: Point) -> str:
    assert point.limits is not None
    if point.signal == "outside":
        return "above its usual range" if point.value > point.limits.centre else "below its usual range"
    return "part of a run that is no longer ordinary variation"
