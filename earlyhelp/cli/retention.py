"""`retention review`, `retention apply`, `retention hold` and `retention release`."""

import argparse
import json

from sqlalchemy import Connection, and_, select

from earlyhelp import places
from earlyhelp.casework.history import local_day
from earlyhelp.casework.retention import apply, lift_hold, place_hold, review
from earlyhelp.casework.retention_judging import Due
from earlyhelp.casework.retention_rules import Rules, load_rules
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.filing.storing import Store
from earlyhelp.permissions import Person, person_by_email
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.records.organisation import User, UserRole
from earlyhelp.settings import Settings


def show(arguments: argparse.Namespace) -> int:
    """The closed cases that are due, each with its rule, or why it must be kept."""
    settings = opening.settings()
    rules = _rules(settings)
    with opening.ready_database(settings) as engine, reading(engine) as connection:
        found = review(connection, rules=rules, today=local_day(opening.now()))
    if arguments.json:
        print(json.dumps([_plain(one) for one in found], indent=2))
        return 0
    for one in found:
        print(f"{one.reference}  {one.due_on or 'unknown':>10}  {one.rule}  {one.kept_because or 'due'}")
    due = sum(one.kept_because is None for one in found)
    print(f"{due:,} cases are due for deletion, {len(found) - due:,} must be kept.")
    if rules.example:
        print("These are the example's rules, not the council's: nothing can be deleted by them.")
    return 0


def delete(arguments: argparse.Namespace) -> int:
    """Delete the named cases, or all that are due, for good; a tombstone of each stays."""
    settings = opening.settings()
    rules = _rules(settings)
    if rules.example:
        raise CommandRefused(
            "the rules are the shipped example: give the council's own (docs/records-and-rights.md)"
        )
    if not arguments.yes:
        raise CommandRefused("nothing was deleted: review first, then say --yes")
    now = opening.now()
    with opening.ready_for_owner(settings) as engine:
        with transaction(engine) as connection:
            references = [_reference(text) for text in arguments.case] or [
                one.reference
                for one in review(connection, rules=rules, today=local_day(now))
                if one.kept_because is None
            ]
            person = _by(connection, arguments.by or _only_administrator(connection))
            done = apply(connection, rules=rules, references=references, person=person, now=now)
        store = Store(settings.files_folder)
        for (
            digest
        ) in done.files:  # after the commit: a file without its row is harmless, the other way is a loss
            store.discard(digest)
    print(
        f"Deleted {len(done.references):,} cases, {done.people:,} people, {len(done.files):,} attached files."
    )
    return 0


def hold(arguments: argparse.Namespace) -> int:
    """Keep a case, and its family's, whatever the rules say."""
    reference = _reference(arguments.case)
    with opening.ready_database(opening.settings()) as engine, transaction(engine) as connection:
        person = _by(connection, arguments.by)
        place_hold(connection, reference=reference, person=person, reason=arguments.reason, now=opening.now())
    print(f"{reference} is under legal hold.")
    return 0


def release(arguments: argparse.Namespace) -> int:
    """End the legal holds of a case."""
    reference = _reference(arguments.case)
    with opening.ready_database(opening.settings()) as engine, transaction(engine) as connection:
        person = _by(connection, arguments.by)
        lift_hold(connection, reference=reference, person=person, reason=arguments.reason, now=opening.now())
    print(f"{reference} is under no legal hold any more.")
    return 0


def _rules(settings: Settings) -> Rules:
    return load_rules(places.workflows(), settings.workflows_path)


def _by(connection: Connection, email: str) -> Person:
    person = person_by_email(connection, email=email)
    if person is None:
        raise CommandRefused(f"there is no account for {email}")
    return person


def _only_administrator(connection: Connection) -> str:
    """Whoever must be meant when nobody is named: records are deleted in the name of a person, never of a machine."""
    is_one = and_(User.active, UserRole.role == "administrator")
    found = connection.scalars(
        select(User.email).join(UserRole, UserRole.user_id == User.id).where(is_one).limit(2)
    ).all()
    if len(found) != 1:
        raise CommandRefused("say which administrator answers for it: --by EMAIL")
    return str(found[0])


def _reference(text: str) -> str:
    reference = parse_reference(text)
    if reference is None:
        raise CommandRefused(f"'{text}' is no case reference")
    return reference


def _plain(one: Due) -> dict[str, str | None]:
    return {
        "reference": one.reference,
        "due_on": one.due_on.isoformat() if one.due_on else None,
        "rule": one.rule,
        "kept_because": one.kept_because,
    }
