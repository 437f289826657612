"""The nightly import of the directory's feed, once for all workers, and forgetting what the public pages kept."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import Engine

from earlyhelp import places
from earlyhelp.casework import directory_import
from earlyhelp.casework.directory import need_words
from earlyhelp.casework.public_counts import prune_counts
from earlyhelp.casework.public_drafts import prune_public
from earlyhelp.openreferral import FeedRefused
from earlyhelp.openreferral.fetching import fetch
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import reading, transaction
from earlyhelp.settings import Settings

LOG = logging.getLogger(__name__)
BY = "worker"
TRY_AGAIN_AFTER = timedelta(hours=20)
NIGHT = range(1, 6)
"""Hours in London in which nobody waits for pages, and the publisher's own night's work is done."""


def refresh_directory(engine: Engine, settings: Settings, *, now: datetime) -> None:
    """Import the feed of the settings, if it is night and nobody did today. A refusal is kept for administrators."""
    source = settings.directory_feed
    if source is None or now.astimezone(LONDON).hour not in NIGHT:
        return
    with reading(engine) as connection:
        last = directory_import.last_try(connection, source=source)
        known = directory_import.known_modified(connection, source=source)
    if last is not None and now - last < TRY_AGAIN_AFTER:
        return
    try:
        feed = fetch(source, private=settings.feed_within_network, known=known)
        words = need_words(places.workflows() / "directory")
        with transaction(engine) as connection:
            plan = directory_import.plan_import(connection, feed, source=source)
            directory_import.refuse_mass_withdrawal(plan)
            directory_import.import_feed(connection, feed, source=source, words=words, by=BY, now=now)
    except (FeedRefused, directory_import.ImportRefused) as refused:
        LOG.warning("the directory's feed was not imported: %s", refused)
        with transaction(engine) as connection:
            directory_import.note_refusal(connection, source=source, words=str(refused), by=BY, now=now)


def prune_public_pages(engine: Engine, *, now: datetime) -> None:
    """Forget drafts and receipts that have expired, counts of hours long past, imports of long ago."""
    with transaction(engine) as connection:
        prune_public(connection, now=now)
        prune_counts(connection, now=now)
        directory_import.prune_imports(connection, now=now)
