"""What the worker does so that what was recorded stays what it was.

Every few minutes it seals the log of who opened what; once a day it writes a checkpoint over every case's chain, and
sends what that may be known by.
"""

import logging
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from earlyhelp.casework.access_log import AccessHead, seal_batch
from earlyhelp.casework.checkpoints import Checkpoint, NotToBeTrusted, next_checkpoint
from earlyhelp.casework.heartbeat import note_checkpoint, note_no_checkpoint
from earlyhelp.casework.history import canonical_moment
from earlyhelp.filing.checkpoints import add_checkpoint
from earlyhelp.outbound.channel import Channel, Letter, NotTaken, Undeliverable
from earlyhelp.records.database import snapshot, transaction
from earlyhelp.settings import Settings

log = logging.getLogger("earlyhelp.scheduler")


def write_daily(engine: Engine, settings: Settings, channel: Channel | None, *, now: datetime) -> None:
    """Write today's checkpoint unless there is one. A file that does not hold is left alone and complained of: in the
    log, and without its words to whoever asks how we are."""
    if settings.demo or not settings.secret_key:
        return
    try:
        made = add_checkpoint(
            settings.checkpoints,
            lambda earlier: None if _has_today(earlier, now) else _next(engine, settings, earlier, now),
        )
    except (NotToBeTrusted, OSError) as fault:
        log.error("no checkpoint was written: %s", fault)
        with transaction(engine) as connection:
            note_no_checkpoint(connection, now=now)
        return
    if made is not None:
        log.info("checkpoint %s of %s: %s", made.number, made.at, made.digest)
        _send_away(made, settings, channel)
    # Last: the digest is sent once, and must not depend on a database that may refuse to be written.
    with transaction(engine) as connection:
        note_checkpoint(connection)


def write_now(
    engine: Engine, settings: Settings, *, now: datetime, restored_to: datetime | None = None
) -> Checkpoint:
    """Write a checkpoint of this moment, whatever there is. NotToBeTrusted when the file does not hold."""
    made = add_checkpoint(
        settings.checkpoints, lambda earlier: _next(engine, settings, earlier, now, restored_to)
    )
    assert made is not None
    return made


def seal_access_log(engine: Engine, *, now: datetime) -> None:
    """Seal what has settled, batch by batch so that people can write in between.

    Each seal is told to the process's log, which may lie where who owns the database does not reach.
    """
    while sealed := _seal_next(engine, now):
        log.info("access log: seal %s up to entry %s: %s", sealed.seals, sealed.last_entry, sealed.hash)


def _seal_next(engine: Engine, now: datetime) -> AccessHead | None:
    try:
        with transaction(engine) as connection:
            return seal_batch(connection, now=now)
    except IntegrityError:  # another process made the seal of this number just now, and goes on with the rest
        return None


def _has_today(earlier: list[Checkpoint], now: datetime) -> bool:
    return bool(earlier) and earlier[-1].at[:10] >= canonical_moment(now)[:10]


def _next(
    engine: Engine,
    settings: Settings,
    earlier: list[Checkpoint],
    now: datetime,
    restored_to: datetime | None = None,
) -> Checkpoint:
    """Seal the access log, then look at every chain at once."""
    seal_access_log(engine, now=now)
    with snapshot(engine) as connection:
        return next_checkpoint(
            connection, earlier=earlier, secret_key=settings.secret_key, now=now, restored_to=restored_to
        )


def _send_away(made: Checkpoint, settings: Settings, channel: Channel | None) -> None:
    """Straight to the channel, not by way of the outbox: that lies in the database which is to be proved."""
    if channel is None or not settings.checkpoint_mail:
        return
    words = (
        f"Checkpoint {made.number} of {made.at} covers {made.cases} cases.\n\n"
        f"{made.digest}\n\nKeep this message. earlyhelp audit verify --knows proves the file against the line above.\n"
    )
    letter = Letter(
        f"checkpoint:{made.digest}", settings.checkpoint_mail, f"Checkpoint {made.number}", words, False
    )
    try:
        channel.send(letter)
    except (NotTaken, Undeliverable) as fault:
        log.error("checkpoint %s was written and not sent: %s", made.number, fault)
