"""`directory import`: services in Open Referral UK, from a file or from a feed."""

import argparse
import json
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine

from earlyhelp import places
from earlyhelp.casework import directory_import
from earlyhelp.casework.directory import need_words
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.openreferral import Feed, FeedRefused, read_document
from earlyhelp.openreferral.fetching import fetch
from earlyhelp.records.database import reading, transaction
from earlyhelp.settings import Settings

LARGEST_FILE = 200_000_000
FROM_A_FILE = "file"
MOST_SHOWN = 20
BY = "command line"


def import_services(arguments: argparse.Namespace) -> int:
    """Bring the directory to what the file or feed says; with --dry-run only tell what would change."""
    settings = opening.settings()
    with opening.ready_database(settings) as engine:
        source = arguments.source or (arguments.what if _is_address(arguments.what) else FROM_A_FILE)
        plan = _do(engine, _read(engine, settings, arguments.what, source), source, arguments)
    if arguments.json:
        print(json.dumps(_as_json(plan, arguments.dry_run)))
        return 0
    _tell(plan, arguments.dry_run)
    return 0


def _read(engine: Engine, settings: Settings, what: str, source: str) -> Feed:
    try:
        if not _is_address(what):
            return _read_file(Path(what))
        with reading(engine) as connection:
            known = directory_import.known_modified(connection, source=source)
        return fetch(what, private=settings.feed_within_network, known=known)
    except FeedRefused as refused:
        raise CommandRefused(f"{what}: {refused}; nothing was imported") from None


def _read_file(path: Path) -> Feed:
    if path.stat().st_size > LARGEST_FILE:
        raise FeedRefused("it is larger than an import may be")
    return read_document(path.read_bytes())


def _do(engine: Engine, feed: Feed, source: str, arguments: argparse.Namespace) -> directory_import.Plan:
    with reading(engine) as connection:
        plan = directory_import.plan_import(connection, feed, source=source)
    if arguments.dry_run:
        return plan
    if not arguments.withdraw_many:
        try:
            directory_import.refuse_mass_withdrawal(plan)
        except directory_import.ImportRefused as refused:
            raise CommandRefused(f"{refused}, or --withdraw-many must be given") from None
    words = need_words(places.workflows() / "directory")
    with transaction(engine) as connection:
        return directory_import.import_feed(
            connection, feed, source=source, words=words, by=BY, now=opening.now()
        )


def _is_address(what: str) -> bool:
    """What cannot be an address is the name of a file, which then is not found."""
    try:
        return urlsplit(what).scheme.lower() in {"http", "https"}
    except ValueError:
        return False


def _as_json(plan: directory_import.Plan, dry_run: bool) -> dict[str, object]:
    faults = [{"service": f.service, "problem": f.words, "skipped": f.skipped} for f in plan.faults]
    return {**plan.counts(), "source": plan.source, "dry_run": dry_run, "whole": plan.whole, "faults": faults}


def _tell(plan: directory_import.Plan, dry_run: bool) -> None:
    for fault in plan.faults[:MOST_SHOWN]:
        print(f"{'left out: ' if fault.skipped else ''}{fault.service}: {fault.words}")
    if len(plan.faults) > MOST_SHOWN:
        print(f"and {len(plan.faults) - MOST_SHOWN} more faults: see --json")
    counts = ", ".join(f"{number} {what}" for what, number in plan.counts().items())
    print(f"{'Would be: ' if dry_run else ''}{counts}")
