"""`report scorecard` and `report weekly`: the measures as a file or on standard output."""

import argparse
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select

from earlyhelp.casework.own_words import terms_of_the_front_door
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.cli.report_files import put, refuse_what_is_no_text
from earlyhelp.exporting.scorecard import scorecard_file
from earlyhelp.insight.measures.asking import FIRST_DAY, LAST_DAY, last_full_month, month_of
from earlyhelp.insight.measures.definitions import LIST, MEASURES
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import Narrowed
from earlyhelp.insight.measures.scene import Span
from earlyhelp.insight.scorecard.contents import Asked, scorecard
from earlyhelp.insight.scorecard.weekly import KEY_FIGURES, week
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import reading
from earlyhelp.records.organisation import Agency, Team
from earlyhelp.records.reference import CodeEntry

MADE_BY = "earlyhelp report"


def scorecard_report(arguments: argparse.Namespace) -> int:
    """Every measure for a month, or any days."""
    return _report(arguments, last_full_month(_today()), LIST)


def weekly_report(arguments: argparse.Namespace) -> int:
    """The key figures of the week that ended last, or any days."""
    monday = _today() - timedelta(days=_today().weekday() + 7)
    return _report(arguments, week(monday), [MEASURES[key] for key in KEY_FIGURES])


def _report(arguments: argparse.Namespace, usual: Span, measures: Iterable[Measure]) -> int:
    span, known = _period(arguments, usual), arguments.as_known_on
    if known is not None and not FIRST_DAY <= known <= _today():
        raise CommandRefused("--as-known-on must be today or in the past")
    refuse_what_is_no_text(arguments)
    with opening.ready_for_reports(opening.settings()) as engine, reading(engine) as connection:
        asked = Asked(span, _narrowed(connection, arguments), known)
        card = scorecard(
            connection,
            asked,
            now=opening.now(),
            terms=terms_of_the_front_door(connection, now=opening.now()),
            measures=measures,
        )
    made = scorecard_file(card, arguments.file_format, published=arguments.published, made_by=MADE_BY)
    put(made, arguments)
    return 0


def _period(arguments: argparse.Namespace, usual: Span) -> Span:
    first, last = arguments.first, arguments.last
    if arguments.month is not None and (first or last):
        raise CommandRefused("give --month, or --from and --to, not both")
    if (first is None) != (last is None):
        raise CommandRefused("--from and --to belong together")
    span = usual
    if arguments.month is not None:
        span = month_of(arguments.month)
    elif first is not None:
        if last < first:
            raise CommandRefused("--to must not lie before --from")
        span = Span(first, last)
    if not FIRST_DAY <= span.first <= span.last <= LAST_DAY:
        raise CommandRefused(f"the period must lie between {FIRST_DAY} and {LAST_DAY}")
    return span


def _narrowed(connection: Connection, arguments: argparse.Namespace) -> Narrowed:
    locality, source = arguments.locality, arguments.source
    if locality and connection.scalar(select(Team.id).where(Team.locality == locality).limit(1)) is None:
        raise CommandRefused(f"no team is of a locality called {locality}")
    code = select(CodeEntry.code).where(CodeEntry.code_list == "source", CodeEntry.code == source)
    if source and connection.scalar(code) is None:
        raise CommandRefused(f"{source} is no national code of a source")
    return Narrowed(
        team_id=_id(connection, Team, "team", arguments.team),
        agency_id=_id(connection, Agency, "agency", arguments.agency),
        locality=locality or None,
        source=source or None,
    )


def _id(connection: Connection, table: Any, what: str, named: str | None) -> int | None:
    if not named:
        return None
    found = connection.scalars(select(table.id).where(or_(table.key == named, table.name == named))).all()
    if not found:
        raise CommandRefused(f"there is no {what} called {named}")
    return int(found[0])


def _today() -> date:
    return opening.now().astimezone(LONDON).date()
