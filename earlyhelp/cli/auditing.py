"""`audit verify` and `audit checkpoint`."""

import argparse
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from earlyhelp.casework.access_log import (
    BrokenEntry,
    first_broken_entry,
    is_sealed_as,
    not_sealed_yet,
)
from earlyhelp.casework.audit import verify_all, verify_one
from earlyhelp.casework.checkpoint_proof import access_since, broken_since, whole_up_to
from earlyhelp.casework.checkpoints import (
    Checkpoint,
    NotToBeTrusted,
    public_key,
    refuse_strangers,
)
from earlyhelp.casework.history import BrokenLink
from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.filing.checkpoints import kept_checkpoints
from earlyhelp.records.database import reading
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.scheduler.checkpoints import write_now
from earlyhelp.settings import Settings


def verify(arguments: argparse.Namespace) -> int:
    """Re-compute every hash of one case or of all. The first broken link is named."""
    settings = opening.settings()
    checkpoints = _trusted(settings, arguments)
    _tell_restores(checkpoints)
    with opening.ready_database(settings) as engine, reading(engine) as connection:
        _refuse_unknown(connection, arguments.knows, checkpoints)
        if arguments.case is not None:
            print(_verify_case(connection, arguments.case, checkpoints))
        else:
            print(_verify_every_one(connection, checkpoints))
            print(_verify_access_log(connection, checkpoints))
    if checkpoints:
        last = checkpoints[-1]
        print(f"Nothing is missing that was there at checkpoint {last.number} of {last.at}, {last.digest}.")
    else:
        print("There is no checkpoint yet: a case deleted whole would not be noticed.")
    return 0


def checkpoint(arguments: argparse.Namespace) -> int:
    """Sign where every history ends now; with --restored, that the database was brought back as it stood then."""
    settings = opening.settings().with_secret()
    with opening.ready_database(settings) as engine:
        try:
            made = write_now(engine, settings, now=opening.now(), restored_to=arguments.restored)
        except NotToBeTrusted as fault:
            raise CommandRefused(f"{settings.checkpoints}: {fault}") from fault
    print(f"Checkpoint {made.number} of {made.at} over {made.cases:,} cases, in {settings.checkpoints}")
    print(f"Its digest is {made.digest}")
    print(f"Its key is    {made.signed_by}")
    return 0


def _verify_case(connection: Connection, told: str, checkpoints: Sequence[Checkpoint]) -> str:
    reference = parse_reference(told)
    if reference is None:
        raise NoSuchCase(told)
    known = any(head.reference == reference for one in checkpoints for head in one.heads)
    try:
        _refuse_broken(verify_one(connection, reference=reference))
    except NoSuchCase:
        if not known:
            raise
    for broken in broken_since(connection, checkpoints):
        if broken.reference == reference:
            _refuse_broken(broken)
    return f"{reference}: every link of its history holds."


def _verify_every_one(connection: Connection, checkpoints: Sequence[Checkpoint]) -> str:
    checked = 0
    for _, broken in verify_all(connection):
        _refuse_broken(broken)
        checked += 1
    for broken in broken_since(connection, checkpoints):
        _refuse_broken(broken, _older_copy(connection, checkpoints))
    return f"{checked:,} cases checked: every link of their histories holds."


def _trusted(settings: Settings, arguments: argparse.Namespace) -> Sequence[Checkpoint]:
    """The checkpoints, if they hold and are signed by a key that we trust."""
    path = arguments.checkpoints or settings.checkpoints
    if arguments.checkpoints and not path.is_file():
        raise CommandRefused(f"there is no file {path}")
    trusted = {*arguments.trust} | ({public_key(settings.secret_key)} if settings.secret_key else set())
    try:
        found = kept_checkpoints(path)
        refuse_strangers(found, trusted=trusted)
    except NotToBeTrusted as fault:
        raise CommandRefused(f"{path}: {fault}") from fault
    return found


def _refuse_unknown(connection: Connection, told: Sequence[str], checkpoints: Sequence[Checkpoint]) -> None:
    """Every digest that was kept elsewhere must be a checkpoint's or a seal's; names the first that is not."""
    digests = {one.digest for one in checkpoints}
    for digest in (one.strip().lower() for one in told):
        if digest not in digests and not is_sealed_as(connection, digest):
            raise CommandRefused(
                f"no checkpoint or seal of the access log has the digest {digest}: it was cut off or replaced"
            )


def _verify_access_log(connection: Connection, checkpoints: Sequence[Checkpoint]) -> str:
    _refuse_entry(first_broken_entry(connection))
    _refuse_entry(access_since(connection, checkpoints), lambda: _older_copy(connection, checkpoints))
    newer = not_sealed_yet(connection)
    return f"The log of who opened what is as it was sealed; {newer:,} newer entries are not sealed yet."


def _tell_restores(checkpoints: Sequence[Checkpoint]) -> None:
    """A database that was brought back lacks what came after, and nothing but these lines says so."""
    for one in checkpoints:
        if one.restored:
            after = [other for other in checkpoints if one.restored < other.at and other.number < one.number]
            between = (
                f"Checkpoints {after[0].number} to {after[-1].number} knew of later records." if after else ""
            )
            print(f"Restored before {one.at} as it stood at {one.restored}. {between}".rstrip())


def _older_copy(connection: Connection, checkpoints: Sequence[Checkpoint]) -> str:
    """Words to add where all that is wrong is that everything after some checkpoint is missing."""
    last = whole_up_to(connection, checkpoints)
    if last is None:
        return ""
    return (
        f". Up to checkpoint {last.number} of {last.at} nothing is missing: if an older copy of the database was "
        "brought back, say so by earlyhelp audit checkpoint --restored MOMENT"
    )


def _refuse_entry(broken: BrokenEntry | None, more: Callable[[], str] = str) -> None:
    if broken is not None:
        raise CommandRefused(f"{broken.words}{more()}")


def _refuse_broken(broken: BrokenLink | None, more: str = "") -> None:
    if broken is not None:
        raise CommandRefused(f"{broken.reference}: event {broken.sequence}: {broken.problem}{more}")
