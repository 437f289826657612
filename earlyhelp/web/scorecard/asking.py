"""What the address of a scorecard page asks for: month or days, team, agency, locality, source, as known on."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from flask import request
from sqlalchemy import Connection, select

from earlyhelp.insight.measures.asking import FIRST_DAY, LAST_DAY, last_full_month, month_of, months_to
from earlyhelp.insight.measures.narrowing import Narrowed
from earlyhelp.insight.measures.scene import Span
from earlyhelp.insight.scorecard.contents import Asked
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.organisation import Agency, Team
from earlyhelp.records.prepared import Query, rows_together
from earlyhelp.records.reference import CodeEntry
from earlyhelp.web.services import services

NAMES = ("month", "from", "to", "team", "agency", "locality", "source", "as_known_on")
ONE_OF = {"team": "a team", "agency": "an agency", "locality": "a locality", "source": "a source"}


class Fault(NamedTuple):
    """Something asked for that cannot be: the field and the words."""

    field: str
    words: str


class Choices(NamedTuple):
    """What figures can be narrowed to, each as code and words."""

    team: dict[str, str]
    agency: dict[str, str]
    locality: dict[str, str]
    source: dict[str, str]


_CHOICES = (
    Query(select(Team.key, Team.name, Team.locality).where(Team.active).order_by(Team.name)),
    Query(select(Agency.key, Agency.name).order_by(Agency.name)),
    Query(
        select(CodeEntry.code, CodeEntry.label)
        .where(CodeEntry.code_list == "source")
        .order_by(CodeEntry.position)
    ),
)
"""Teams, agencies and sources."""
MONTHS_TO_CHOOSE = 25
"""This month and those of the last two years; any other can be asked for by the address."""


@dataclass
class Read:
    """What was asked, as it was typed, what can be chosen and what is wrong. `asked` counts only without faults."""

    asked: Asked
    typed: dict[str, str]
    choices: Choices
    faults: list[Fault] = field(default_factory=list)

    def months(self) -> dict[str, str]:
        """The months to choose from, the latest first, with the one that was asked for."""
        latest = reversed(months_to(_today(), MONTHS_TO_CHOOSE))
        chosen = {f"{month.first:%Y-%m}": f"{month.first:%B} {month.first.year}" for month in latest}
        asked = self.typed["month"]
        return chosen if not asked or asked in chosen else {asked: asked, **chosen}

    def kept(self, **changed: Any) -> dict[str, Any]:
        """The same question for a link, with some of it changed; what is empty is left out."""
        whole = {name: self.typed.get(name) for name in NAMES} | changed
        return {name: value for name, value in whole.items() if value}

    def over(self, span: Span) -> dict[str, Any]:
        """The same question about other days."""
        if span == month_of(span.first):
            return self.kept(month=f"{span.first:%Y-%m}", **{"from": None, "to": None})
        return self.kept(month=None, **{"from": span.first.isoformat(), "to": span.last.isoformat()})


def read_asked(connection: Connection) -> Read:
    """From the address of this request."""
    typed = {name: request.args.get(name, "").strip()[:40] for name in NAMES}
    choices, faults = read_choices(connection), list[Fault]()
    period = _period(typed, faults)
    narrowed = _narrowed(connection, typed, choices, faults)
    known = _day(typed, "as_known_on", "As known on", faults)
    if known is not None and known > _today():
        faults.append(Fault("as_known_on", "As known on must be today or in the past"))
    return Read(Asked(period, narrowed, known), typed, choices, faults)


def _today() -> date:
    return services().now().astimezone(LONDON).date()


def read_choices(connection: Connection) -> Choices:
    teams, agencies, sources = rows_together(connection, _CHOICES)
    localities = sorted({row.locality for row in teams if row.locality})
    return Choices(
        team={row.key: row.name for row in teams},
        agency={row.key: row.name for row in agencies},
        locality={name: name for name in localities},
        source={row.code: row.label for row in sources},
    )


def _period(typed: dict[str, str], faults: list[Fault]) -> Span:
    first = _day(typed, "from", "First day", faults)
    last = _day(typed, "to", "Last day", faults)
    if first is None and last is None:
        return _month(typed, faults)
    if first is None or last is None:
        if not faults:
            name, words = ("from", "first") if first is None else ("to", "last")
            faults.append(Fault(name, f"Enter the {words} day of the period as well"))
        return last_full_month(_today())
    if last < first:
        faults.append(Fault("to", "The last day must not lie before the first"))
        return last_full_month(_today())
    return Span(first, last)


def _month(typed: dict[str, str], faults: list[Fault]) -> Span:
    if not typed["month"]:
        return last_full_month(_today())
    try:
        first = date.fromisoformat(f"{typed['month']}-01")
    except ValueError:
        first = date.min
    if len(typed["month"]) != 7 or not FIRST_DAY <= first <= LAST_DAY:
        faults.append(Fault("month", "Month must be a month like 2026-03"))
        return last_full_month(_today())
    return month_of(first)


def _day(typed: dict[str, str], name: str, label: str, faults: list[Fault]) -> date | None:
    if not typed[name]:
        return None
    try:
        day = date.fromisoformat(typed[name])
    except ValueError:
        day = None
    if day is None or len(typed[name]) != 10 or not FIRST_DAY <= day <= LAST_DAY:
        faults.append(Fault(name, f"{label} must be a day like 2026-03-31"))
        return None
    return day


def _narrowed(
    connection: Connection, typed: dict[str, str], choices: Choices, faults: list[Fault]
) -> Narrowed:
    found: dict[str, Any] = {}
    for name, one in ONE_OF.items():
        if typed[name] and typed[name] not in getattr(choices, name):
            faults.append(Fault(name, f"Choose {one} from the list"))
        elif typed[name]:
            found[name] = typed[name]
    return Narrowed(
        team_id=_id(connection, Team, found.get("team")),
        agency_id=_id(connection, Agency, found.get("agency")),
        locality=found.get("locality"),
        source=found.get("source"),
    )


def _id(connection: Connection, table: Any, key: str | None) -> int | None:
    return (
        None
        if key is None
        else int(connection.execute(select(table.id).where(table.key == key)).scalar_one())
    )
