"""The hash chain: whatever is changed, added, removed or cut off is named."""

import pytest
from sqlalchemy import Connection

from earlyhelp.casework.audit import verify_all, verify_one
from earlyhelp.casework.refusals import NoSuchCase
from tests.casework.watched_cases import allocated, contact, found_council
from tests.support.tampering import tamper

TAMPERINGS = {
    "UPDATE events SET actor = 'somebody@else.example' WHERE sequence = 2": (
        2,
        "changed after it was written",
    ),
    "UPDATE events SET occurred_at = recorded_at, recorded_at = '2026-01-01 00:00:00' WHERE sequence = 3": (
        3,
        "changed after it was written",
    ),
    "DELETE FROM events WHERE sequence = 2": (2, "missing"),
    "DELETE FROM events WHERE sequence = 4": (4, "history ends before"),
    "UPDATE cases SET last_hash = previous_hash FROM events WHERE events.sequence = 2": (
        4,
        "end of the chain",
    ),
    "UPDATE events SET previous_hash = 'f' WHERE sequence = 3": (3, "does not follow"),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_the_first_broken_link_is_named(connection: Connection, tampering: str) -> None:
    reference = allocated(connection, found_council(connection))
    assert verify_one(connection, reference=reference) is None
    tamper(connection, tampering)
    broken = verify_one(connection, reference=reference)
    assert broken is not None
    sequence, words = TAMPERINGS[tampering]
    assert (broken.reference, broken.sequence) == (reference, sequence)
    assert words in broken.problem


def test_a_whole_database_is_verified_case_by_case(connection: Connection) -> None:
    council = found_council(connection)
    references = [contact(connection, council, surname=f"Rowe{n}") for n in range(7)]
    tamper(
        connection,
        "UPDATE events SET actor_role = 'x' WHERE case_id = (SELECT id FROM cases WHERE reference = :r)",
        r=references[2],
    )
    found = dict(verify_all(connection))
    assert set(found) == set(references)
    assert [reference for reference, broken in found.items() if broken] == [references[2]]


def test_a_case_whose_whole_history_is_gone_is_named(connection: Connection) -> None:
    reference = contact(connection, found_council(connection))
    tamper(connection, "DELETE FROM events")
    broken = dict(verify_all(connection))[reference]
    assert broken is not None
    assert broken.sequence == 1


def test_a_case_that_does_not_exist_cannot_be_verified(connection: Connection) -> None:
    found_council(connection)
    with pytest.raises(NoSuchCase):
        verify_one(connection, reference="EH-222-2222")
