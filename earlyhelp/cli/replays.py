"""`pathway publish`, `pathway move` and `pathway replay`: what a changed file means for cases, past and open."""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from earlyhelp import places
from earlyhelp.casework.moving import MoveRefused, Plan, move_cases, preview_moves
from earlyhelp.casework.pathways import (
    compiled,
    council_calendar,
    publish as publish_version,
    running_pathway_id,
)
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.insight.replaying import Asked, Pair, Replayed, as_data, count_cases, replay as walk
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.differences import differences
from earlyhelp.pathway.faults import PathwayError
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.pathway.lint import check
from earlyhelp.pathway.machine import compile_pathway
from earlyhelp.pathway.past_actions import not_told
from earlyhelp.permissions import SYSTEM
from earlyhelp.questionnaires.folders import library_for, sound_pathway
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.reference import PublishedPathway

YEAR = timedelta(days=365)
EVERY_CASE = 1_000_000
BY = "earlyhelp pathway publish: "
LONGEST_BY = 254


def publish(arguments: argparse.Namespace) -> int:
    """Check a file, say what changes, and make it the version on which new cases start."""
    pathway = sound_pathway(arguments.file, places.workflows())
    by = "" if arguments.dry_run else _by(arguments.reason)
    with opening.ready_database(opening.settings()) as engine, transaction(engine) as connection:
        _refuse_old_version(connection, pathway, arguments.file)
        _tell_changes(connection, pathway)
        if arguments.dry_run:
            return 0
        publish_version(connection, pathway, by=by, now=opening.now())
    print(f"{pathway.name} {pathway.version} is published. Open cases keep their version: see pathway move.")
    return 0


def _by(reason: str | None) -> str:
    words = CONTROL_CHARACTERS.sub("", (reason or "").strip())
    longest = LONGEST_BY - len(BY)
    if not 0 < len(words) <= longest:
        raise CommandRefused(f"--reason is needed, of 1 to {longest} characters: it is kept with the version")
    return BY + words


def _refuse_old_version(connection: Connection, pathway: Pathway, file: Path) -> None:
    """PathwayError when the content is published otherwise under this version, or under a higher one."""
    ids = connection.scalars(select(PublishedPathway.id).where(PublishedPathway.name == pathway.name)).all()
    earlier = [compiled(connection, pathway_id=pathway_id).pathway for pathway_id in ids]
    if faults := check(file, earlier, library=library_for(file, places.workflows())):
        raise PathwayError(faults)


def _tell_changes(connection: Connection, pathway: Pathway) -> None:
    running = running_pathway_id(connection, name=pathway.name)
    if running is None:
        print(f"There is no pathway called {pathway.name} yet.")
        return
    before = compiled(connection, pathway_id=running).pathway
    changes = differences(before, pathway)
    for change in changes:
        print(change)
    if not changes and before.version == pathway.version:
        print(f"Nothing changes: {pathway.name} {pathway.version} is published already.")
    elif not changes:
        print(f"Nothing changes but the version: {before.version} becomes {pathway.version}.")


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
        if running_pathway_id(connection, name=arguments.name) is None:
            raise CommandRefused(f"there is no published pathway called {arguments.name}")
        total = count_cases(connection, asked)
        other = compile_pathway(pathway, council_calendar(connection, pathway))
        found = walk(connection, engine=other, asked=asked, tell=_bar(total))
    if arguments.json:
        print(json.dumps({**as_data(found), "not_tried": not_told(pathway)}, ensure_ascii=False, indent=2))
    else:
        print(_as_words(found, not_told(pathway)))
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


def _as_words(found: Replayed, not_tried: list[str]) -> str:
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
    lines.append("What is not tried, because no history tells it:")
    lines += [f"  {one}" for one in not_tried] or ["  nothing"]
    return "\n".join(lines)


def _pair(pair: Pair) -> str:
    was, would = pair.was, pair.would
    return (
        f"was {was.in_time} in time, {was.breached} breached; "
        f"would be {would.in_time} in time, {would.breached} breached"
    )
