"""`pathway publish`, `pathway move` and `pathway replay`: what a changed file means for cases, past and open."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from earlyhelp import places
from earlyhelp.casework.moving import MoveRefused, Plan, move_cases, preview_moves
from earlyhelp.casework.pathways import (
    VersionTaken,
    compiled,
    council_calendar,
    publish as publish_version,
    running_pathway_id,
)
from earlyhelp.casework.seeding import sound_pathway
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.insight.replaying import Asked, Pair, Replayed, count_cases, replay as walk
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.differences import differences
from earlyhelp.pathway.machine import compile_pathway
from earlyhelp.permissions import SYSTEM
from earlyhelp.records.database import reading, transaction

YEAR = timedelta(days=365)
EVERY_CASE = 1_000_000


def publish(arguments: argparse.Namespace) -> int:
    """Check a file, say what changes, and make it the version on which new cases start."""
    pathway = sound_pathway(arguments.file, places.workflows())
    with opening.ready_database(opening.settings()) as engine, transaction(engine) as connection:
        old = running_pathway_id(connection, name=pathway.name)
        if old is not None:
            before = compiled(connection, pathway_id=old).pathway
            for difference in differences(before, pathway):
                print(difference)
        if arguments.dry_run:
            return 0
        try:
            publish_version(connection, pathway, by="earlyhelp pathway publish", now=opening.now())
        except VersionTaken as taken:
            raise CommandRefused(str(taken)) from None
    print(f"{pathway.name} {pathway.version} is published. Open cases keep their version: see pathway move.")
    return 0


def move(arguments: argparse.Namespace) -> int:
    """Show what moving open cases to the running version would do; with --apply do it, all in one transaction."""
    reason, states = (arguments.reason or "").strip(), dict(arguments.state)
    if arguments.apply and not reason:
        raise CommandRefused("--apply needs --reason: it is kept in the history of every case that moves")
    with opening.ready_database(opening.settings()) as engine, transaction(engine) as connection:
        plans = _plans(connection, arguments.name, states, frozenset(arguments.case))
        for plan in plans:
            _show(plan)
        free = [plan.reference for plan in plans if plan.refusal is None]
        if arguments.apply:
            _move(connection, arguments.name, free, states, reason)
    print(f"{len(free)} of {len(plans)} cases {'moved' if arguments.apply else 'would move'}.")
    return 0


def replay(arguments: argparse.Namespace) -> int:
    """The history of a period under another file, side by side with what happened."""
    now = opening.now()
    last = arguments.end or now.astimezone(LONDON).date()
    asked = Asked(arguments.name, arguments.start or last - YEAR, last, now)
    if asked.last < asked.first:
        raise CommandRefused("--to must not lie before --from")
    pathway = sound_pathway(arguments.file, places.workflows())
    with opening.ready_database(opening.settings()) as engine, reading(engine) as connection:
        total = count_cases(connection, asked)
        other = compile_pathway(pathway, council_calendar(connection, pathway))
        found = walk(connection, engine=other, asked=asked, tell=_bar(total))
    print(json.dumps(_as_data(found), ensure_ascii=False, indent=2) if arguments.json else _as_words(found))
    return 0


def _plans(connection: Connection, name: str, states: dict[str, str], only: frozenset[str]) -> list[Plan]:
    now = opening.now()
    target = running_pathway_id(connection, name=name, on=now.astimezone(LONDON).date())
    if target is None:
        raise CommandRefused(f"there is no published pathway called {name}")
    plans = preview_moves(connection, pathway_id=target, now=now, states=states, at_most=EVERY_CASE)
    if unknown := only - {plan.reference for plan in plans}:
        raise CommandRefused(f"no open case on another version: {', '.join(sorted(unknown))}")
    return [plan for plan in plans if not only or plan.reference in only]


def _move(
    connection: Connection, name: str, references: list[str], states: dict[str, str], reason: str
) -> None:
    now = opening.now()
    target = running_pathway_id(connection, name=name, on=now.astimezone(LONDON).date())
    assert target is not None
    try:
        move_cases(
            connection,
            pathway_id=target,
            references=references,
            person=SYSTEM,
            reason=reason,
            now=now,
            states=states,
        )
    except MoveRefused as refused:
        raise CommandRefused(str(refused)) from None


def _show(plan: Plan) -> None:
    if plan.refusal is not None:
        print(f"{plan.reference}: stays: {plan.refusal}")
        return
    print(f"{plan.reference}: from version {plan.from_version}, state {plan.to_state}")
    for change in plan.clocks:
        before = change.due_before.astimezone(LONDON).isoformat(timespec="minutes")
        after = (
            change.due_after.astimezone(LONDON).isoformat(timespec="minutes") if change.due_after else "ends"
        )
        late = " (breached)" if change.breached_after else ""
        print(f"  {change.row.name}: due {before}, then {after}{late}")


def _bar(total: int) -> Callable[[int], None]:
    """A progress bar on standard error, where somebody watches."""

    def tell(done: int) -> None:
        if sys.stderr.isatty():
            share = done / total if total else 1
            filled = "#" * int(share * 40)
            end = "\n" if done >= total else ""
            print(f"\r[{filled:<40}] {done:,} of {total:,} cases", end=end, file=sys.stderr, flush=True)

    return tell


def _as_data(found: Replayed) -> dict[str, Any]:
    return {
        "cases": found.cases,
        "clocks": [
            {"clock": clock, "team": team, "month": month, **asdict(pair)}
            for (clock, team, month), pair in sorted(found.clocks.items())
        ],
        "not_allowed": [
            {"action": action, "why": why, **asdict(refusals)}
            for (action, why), refusals in sorted(found.refused.items())
        ],
        "would_breach": [
            {"case": reference, "clocks": clocks} for reference, clocks in sorted(found.would_breach.items())
        ],
    }


def _as_words(found: Replayed) -> str:
    lines = [f"{found.cases:,} cases walked.", ""]
    for clock, total in sorted(found.totals().items()):
        lines.append(f"{clock}: {_pair(total)}")
        lines += [
            f"  {month} {team}: {_pair(pair)}"
            for (name, team, month), pair in sorted(found.clocks.items(), key=lambda item: item[0][2])
            if name == clock
        ]
    for (action, why), refusals in sorted(found.refused.items()):
        lines.append(
            f"not allowed: {action}, {why}: {refusals.count} times, as on {', '.join(refusals.examples)}"
        )
    lines.append(f"{len(found.would_breach)} open cases would breach on publishing and moving:")
    lines += [f"  {case}: {', '.join(clocks)}" for case, clocks in sorted(found.would_breach.items())]
    return "\n".join(lines)


def _pair(pair: Pair) -> str:
    was, would = pair.was, pair.would
    return (
        f"was {was.in_time} in time, {was.breached} breached; "
        f"would be {would.in_time} in time, {would.breached} breached"
    )
