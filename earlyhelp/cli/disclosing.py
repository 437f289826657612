"""`person disclose`: what is held about one person, for a subject access request."""

import argparse
import getpass
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, select

from earlyhelp.casework.disclosing import note_disclosure
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.exporting.disclosure import as_html, as_json, as_pdf
from earlyhelp.exporting.placing import placed
from earlyhelp.filing.storing import Store
from earlyhelp.insight.cases import children_of
from earlyhelp.insight.disclosure import Held, held_on, person_for
from earlyhelp.permissions import Person, may, person_by_email
from earlyhelp.records.cases import Case
from earlyhelp.records.database import snapshot, transaction
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.settings import Settings


def disclose(arguments: argparse.Namespace) -> int:
    """Write the pack (PDF, page, JSON and attached files) into a new or empty folder, and write down that it was."""
    settings, now = opening.settings(), opening.now()
    folder: Path = arguments.output
    with opening.ready_database(settings) as engine:
        with snapshot(engine) as connection:
            user = _user(connection, arguments.by)
            person_id = _person_id(connection, arguments.person)
            held = held_on(connection, person_id=person_id)
        by = user.email if user else f"{getpass.getuser()} on the server"
        data = as_json(held, made_at=now)
        pack = {"pack.pdf": as_pdf(held, by=by, made_at=now), "pack.html": as_html(held, made_at=now)}
        _refuse_used(folder)
        with transaction(engine) as connection:  # first: no pack may be anywhere that nobody has written down
            note_disclosure(
                connection,
                person_id=person_id,
                case_ids=[case["id"] for case in held.cases],
                data=data,
                by=by,
                user=user,
                reason=arguments.reason,
                now=now,
            )
    _write(folder, {**pack, "data.json": data})
    files = _copy_files(settings, held, folder / "files")
    print(f"{held.person['public_id']}: {len(held.cases)} cases and {files} attached files in {folder}")
    print(f"{len(held.third_parties)} other people are marked in it: decide on each before it is given away.")
    return 0


def _user(connection: Connection, email: str | None) -> Person | None:
    if email is None:
        return None
    user = person_by_email(connection, email=email)
    if user is None:
        raise CommandRefused(f"there is no account for {email}")
    if not (may(user, "administration") or may(user, "audit")):
        raise CommandRefused(f"{email} is neither an administrator nor an auditor")
    return user


def _person_id(connection: Connection, text: str) -> int:
    """A person by their number, or the only child of a case by its reference."""
    found = person_for(connection, public_id=text.strip().upper())
    if found is not None:
        return int(found.id)
    reference = parse_reference(text)
    case_id = connection.scalar(select(Case.id).where(Case.reference == reference)) if reference else None
    children: Sequence[str] = []
    if case_id is not None:
        children = [child.public_id for child in children_of(connection, case_id=case_id)]
    if len(children) > 1:
        raise CommandRefused(f"{text} is of {len(children)} children: say which of {', '.join(children)}")
    found = person_for(connection, public_id=children[0]) if children else None
    if found is None:
        raise CommandRefused(
            f"'{text}' is neither a person's number nor the reference of a case with a child"
        )
    return int(found.id)


def _refuse_used(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise CommandRefused(f"{folder} is not empty: give a new folder")


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        with placed(folder / name) as file:
            file.write(content)


def _copy_files(settings: Settings, held: Held, folder: Path) -> int:
    """Attached files under numbers of their own: a name that somebody gave one may name somebody else."""
    store, number = Store(settings.files_folder), 0
    for row in held.records.get("note_files", []):
        if row["scan"] in {"waiting", "infected"}:
            continue
        content = store.read(row["digest"])
        if content is None:
            raise CommandRefused(f"the attached file {row['id']} is not in {settings.files_folder}")
        folder.mkdir(exist_ok=True, mode=0o700)
        with placed(folder / f"{row['id']}{Path(row['name']).suffix[:10]}") as copy:
            copy.write(content)
        number += 1
    return number
