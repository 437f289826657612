"""What was sealed of the log of who opened what: whatever is done to an entry afterwards is named."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, insert, select

from earlyhelp.casework.access_log import (
    AT_ONCE,
    SETTLED_AFTER,
    access_head,
    first_broken_entry,
    not_sealed_yet,
    seal_batch,
)
from earlyhelp.casework.checkpoint_proof import access_since
from earlyhelp.casework.checkpoints import next_checkpoint
from earlyhelp.records.access_seals import AccessSeal
from earlyhelp.records.database import transaction
from earlyhelp.records.reference import AccessEntry
from tests.casework.watched_cases import MONDAY, found_council
from tests.support.tampering import tamper

LATER = MONDAY + SETTLED_AFTER + timedelta(minutes=1)


@pytest.fixture
def sealed(connection: Connection) -> list[int]:
    """Six entries, the first four of them sealed two by two; their ids."""
    reader = found_council(connection)["screener"].id
    assert reader is not None
    ids = [opened(connection, reader, minutes) for minutes in (0, 0, 0, 0, 90, 90)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("earlyhelp.casework.access_log.AT_ONCE", 2)
        heads = [seal_batch(connection, now=LATER) for _ in range(3)]
    assert [head and (head.seals, head.last_entry) for head in heads] == [(1, ids[1]), (2, ids[3]), None]
    assert heads[1] == access_head(connection)
    return ids


def opened(connection: Connection, reader: int, minutes: int) -> int:
    at = MONDAY + timedelta(minutes=minutes)
    row = insert(AccessEntry).values(at=at, user_id=reader, what="case", reason="")
    return connection.execute(row.returning(AccessEntry.id)).scalar_one()


def broken(connection: Connection) -> tuple[int, str]:
    found = first_broken_entry(connection)
    return (found.entry, found.problem) if found else (0, "")


def test_entries_are_sealed_once_they_have_settled(connection: Connection, sealed: list[int]) -> None:
    assert len(sealed) < AT_ONCE
    assert broken(connection) == (0, "")
    head = access_head(connection)
    assert (head.seals, head.last_entry, not_sealed_yet(connection)) == (2, sealed[3], 2)
    newer = seal_batch(connection, now=LATER + timedelta(minutes=90))
    assert newer is not None
    assert (newer.last_entry, not_sealed_yet(connection)) == (sealed[5], 0)
    assert broken(connection) == (0, "")


def test_what_is_still_being_written_is_waited_for(postgresql_engine: Engine) -> None:
    """Ids are given out before the commit: an entry that came after its seal would look slipped in."""
    with transaction(postgresql_engine) as connection:
        reader = found_council(connection)["screener"].id
        assert reader is not None
    now = datetime.now(UTC) + 2 * SETTLED_AFTER  # the server says by its own clock since when somebody writes
    with transaction(postgresql_engine) as slow:
        opened(slow, reader, 0)
        with transaction(postgresql_engine) as quick:
            late = insert(AccessEntry).values(
                at=now - 1.5 * SETTLED_AFTER, user_id=reader, what="case", reason=""
            )
            quick.execute(late)
        with transaction(postgresql_engine) as sealing:
            assert seal_batch(sealing, now=now) is None
    with transaction(postgresql_engine) as sealing:
        assert seal_batch(sealing, now=now) is not None
        assert (first_broken_entry(sealing), not_sealed_yet(sealing)) == (None, 0)


CHANGES = {
    "changed": ("UPDATE access_log SET reason = 'asked to' WHERE id = :e", "was changed after it was sealed"),
    "given to somebody else": ("UPDATE access_log SET at = '2026-03-01' WHERE id = :e", "was changed after"),
    "deleted": ("DELETE FROM access_log WHERE id = :e", "was deleted after seal 2 of 2026-03-02"),
}


@pytest.mark.parametrize(("statement", "words"), CHANGES.values(), ids=CHANGES)
def test_the_entry_that_was_tampered_with_is_named(
    connection: Connection, sealed: list[int], statement: str, words: str
) -> None:
    tamper(connection, statement, e=sealed[2])
    entry, problem = broken(connection)
    assert entry == sealed[2]
    assert words in problem


def test_an_entry_slipped_in_among_the_sealed_is_named(connection: Connection, sealed: list[int]) -> None:
    tamper(connection, "DELETE FROM access_log WHERE id = :e", e=sealed[1])
    copy = select(AccessEntry).where(AccessEntry.id == sealed[0])
    entry = dict(connection.execute(copy).one()._mapping)
    connection.execute(
        insert(AccessEntry).values({**entry, "id": sealed[1], "reason": "looked up by mistake"})
    )
    assert broken(connection)[0] == sealed[1]


def without_the_last_seal(connection: Connection) -> None:
    tamper(connection, "DELETE FROM access_seals WHERE number = 2")


def without_the_first_seal(connection: Connection) -> None:
    tamper(connection, "DELETE FROM access_seals WHERE number = 1")


def with_another_seal(connection: Connection) -> None:
    """Cut off with its entries, and sealed anew over fewer: the chain agrees with itself."""
    without_the_last_seal(connection)
    tamper(connection, "DELETE FROM access_log WHERE id = (SELECT max(id) - 2 FROM access_log)")
    assert seal_batch(connection, now=LATER) is not None
    assert first_broken_entry(connection) is None


@pytest.mark.parametrize("attack", [without_the_last_seal, without_the_first_seal, with_another_seal])
def test_seals_that_were_cut_off_or_made_anew_are_named(
    connection: Connection, sealed: list[int], attack: Callable[[Connection], None]
) -> None:
    known = [next_checkpoint(connection, earlier=[], secret_key="k" * 40, now=LATER)]
    assert access_since(connection, known) is None
    attack(connection)
    found = first_broken_entry(connection) or access_since(connection, known)
    assert found is not None
    assert "seal" in found.words
    assert connection.scalars(select(AccessSeal.number)).all() != [1, 2] or "not the one" in found.words
