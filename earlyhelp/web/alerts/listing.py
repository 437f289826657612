"""One page of alerts: what was asked for, read and validated, and the rows and counts that answer it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask import abort, request
from sqlalchemy import Connection

from earlyhelp.insight.alert_choices import AlertChoices, alert_choices
from earlyhelp.insight.urgency import (
    PAGE,
    STAGES,
    STATUSES,
    Rank,
    Wanted,
    count_by_owner,
    count_listed,
    rank_of,
    urgent_first,
)
from earlyhelp.permissions import Person
from earlyhelp.web.asking import number_asked
from earlyhelp.web.presenters.alerts import AlertShown, shown_alerts
from earlyhelp.web.presenters.places import read_place, written_place

FILTERS = ("status", "stage", "clock", "team", "worker")
MOST = 1_000
"""Alerts that are counted by team and worker without being asked: nobody acts on more from one page."""
TIERS = range(6)


class Listing(NamedTuple):
    """What a page of alerts shows. `chosen` are the filters as the address gives them."""

    rows: Sequence[AlertShown]
    counts: Sequence[Any]
    choices: AlertChoices
    chosen: Mapping[str, Any]
    following: str | None
    total: int
    overdue: int
    uncounted: bool = False
    """Whether there are too many to count them by team and worker unasked."""

    @property
    def beyond(self) -> bool:
        """Whether there are more than `total` says."""
        return self.total > MOST and self.uncounted


def kept_filters() -> dict[str, Any]:
    """The filters of the address, for a link that leads back to the same list."""
    return {name: request.args[name] for name in FILTERS if request.args.get(name)}


def listing(connection: Connection, *, person: Person, now: datetime) -> Listing:
    """The page that the address asks for; an address that asks for what there is not is no page."""
    team, worker = number_asked("team"), number_asked("worker")
    choices = alert_choices(connection, person=person, team=team, worker=worker)
    return _answer(connection, person, now, _wanted(choices, team, worker), choices)


def own_listing(connection: Connection, *, person: Person, now: datetime) -> Listing:
    """The same of the cases that this person leads; only the status may be asked for."""
    wanted = Wanted(status=_one_of("status", STATUSES) or "open", worker=person.id)
    return _answer(connection, person, now, wanted, AlertChoices({}, {}, {}))


def _answer(
    connection: Connection, person: Person, now: datetime, wanted: Wanted, choices: AlertChoices
) -> Listing:
    after = _place(request.args.get("after"))
    found = urgent_first(connection, person=person, wanted=wanted, after=after)
    return Listing(
        rows=shown_alerts(connection, found[:PAGE], now),
        choices=choices,
        chosen=kept_filters() | {"status": wanted.status},
        following=written_rank(rank_of(found[PAGE - 1])) if len(found) > PAGE else None,
        **_counted(connection, person, wanted),
    )


def _counted(connection: Connection, person: Person, wanted: Wanted) -> dict[str, Any]:
    """What the page says of how many there are."""
    if wanted.status == "resolved":
        return {"counts": (), "total": 0, "overdue": 0}
    most = None if request.args.get("count") == "all" else MOST
    asked: dict[str, Any] = {"person": person, "wanted": wanted, "at_most": most}
    listed = None if wanted.team is None and wanted.worker is None else count_listed(connection, **asked)
    if listed and _are_beyond(listed.alerts, most):  # so are those of all, which need not be counted for that
        return {"counts": (), "uncounted": True, "total": listed.alerts, "overdue": listed.overdue}
    counts = count_by_owner(connection, **asked)
    total = sum(count.alerts for count in counts)
    uncounted = _are_beyond(total, most)
    overdue = 0 if uncounted else sum(count.overdue for count in counts)
    return {
        "counts": () if uncounted else counts,
        "uncounted": uncounted,
        "total": listed.alerts if listed else total,
        "overdue": listed.overdue if listed else overdue,
    }


def _are_beyond(alerts: int, most: int | None) -> bool:
    return most is not None and alerts > most


def written_rank(rank: Rank) -> str:
    return f"{rank.tier}.{written_place((rank.at, rank.id))}"


def _wanted(choices: AlertChoices, team: int | None, worker: int | None) -> Wanted:
    if team not in {None, *choices.teams} or worker not in {None, *choices.workers}:
        abort(404)
    return Wanted(
        status=_one_of("status", STATUSES) or "open",
        stage=_one_of("stage", STAGES),
        clock=_one_of("clock", choices.clocks),
        team=team,
        worker=worker,
    )


def _one_of(name: str, known: Mapping[str, object]) -> str | None:
    asked = request.args.get(name) or None
    if asked is not None and asked not in known:
        abort(404)
    return asked


def _place(text: str | None) -> Rank | None:
    if not text:
        return None
    tier, _, rest = text.partition(".")
    try:
        place = read_place(rest)
    except ValueError:
        abort(404)
    if place is None or tier not in {str(number) for number in TIERS}:
        abort(404)
    return Rank(int(tier), *place)
