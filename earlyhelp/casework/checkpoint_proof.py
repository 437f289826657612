"""What checkpoints prove: where the database does not hold what they knew."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, select

from earlyhelp.casework.access_log import BrokenEntry, seal_is_gone
from earlyhelp.casework.checkpoints import Checkpoint, Head, in_force
from earlyhelp.casework.history import BrokenLink
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.journal import JournalEntry
from earlyhelp.records.retention import Tombstone

AT_ONCE = 500


def broken_since(connection: Connection, checkpoints: Sequence[Checkpoint]) -> Iterator[BrokenLink]:
    """The first place of each case where the database does not hold what a checkpoint knew."""
    known: dict[str, list[tuple[Checkpoint, Head]]] = defaultdict(list)
    for one in in_force(checkpoints):
        for head in one.heads:
            known[head.reference].append((one, head))
    everyone = list(known)
    for start in range(0, len(everyone), AT_ONCE):
        references = everyone[start : start + AT_ONCE]
        found = _chains(connection, references)
        ended = _ended(connection, [reference for reference in references if reference not in found])
        for reference in references:
            broken = (
                _compared(known[reference], *found[reference])
                if reference in found
                else _gone(known[reference], ended.get(reference))
            )
            if broken is not None:
                yield broken


Chain = Mapping[int, str]


def _compared(known: Sequence[tuple[Checkpoint, Head]], events: Chain, entries: Chain) -> BrokenLink | None:
    for one, head in known:
        broken = _missing(one, head, head.events, head.hash, events, "event") or _missing(
            one, head, head.entries, head.journal_hash, entries, "journal's entry"
        )
        if broken is not None:
            return broken
    return None


def _missing(one: Checkpoint, head: Head, last: int, link: str, chain: Chain, what: str) -> BrokenLink | None:
    if not last or chain.get(last) == link:
        return None
    known = f"checkpoint {one.number} of {one.at[:10]} knew {last}"
    lost = next((sequence for sequence in range(1, last + 1) if sequence not in chain), None)
    if lost is not None:
        return BrokenLink(head.reference, lost, f"this {what} is gone: {known}")
    return BrokenLink(head.reference, last, f"is not the {what} that was there: {known}, ending otherwise")


def _gone(known: Sequence[tuple[Checkpoint, Head]], ended: tuple[int, str] | None) -> BrokenLink | None:
    one, head = known[-1]
    if ended is not None and (ended[0] > head.events or ended == (head.events, head.hash)):
        return None  # deleted by a retention run, which left a tombstone of the whole of it
    return BrokenLink(
        head.reference,
        1,
        f"the whole case is gone: checkpoint {one.number} of {one.at[:10]} knew {head.events} events of it",
    )


def _chains(connection: Connection, references: Sequence[str]) -> Mapping[str, tuple[Chain, Chain]]:
    cases = connection.execute(select(Case.id, Case.reference).where(Case.reference.in_(references))).all()
    chains: dict[int, tuple[dict[int, str], dict[int, str]]] = {case.id: ({}, {}) for case in cases}
    events = select(Event.case_id, Event.sequence, Event.hash)
    entries = select(JournalEntry.case_id, JournalEntry.sequence, JournalEntry.hash)
    for case_id, sequence, link in connection.execute(events.where(Event.case_id.in_(chains))):
        chains[case_id][0][sequence] = link
    for case_id, sequence, link in connection.execute(entries.where(JournalEntry.case_id.in_(chains))):
        chains[case_id][1][sequence] = link
    return {case.reference: chains[case.id] for case in cases}


def _ended(connection: Connection, references: Sequence[str]) -> Mapping[str, tuple[int, str]]:
    stones = select(Tombstone.reference, Tombstone.events, Tombstone.last_hash)
    rows = connection.execute(stones.where(Tombstone.reference.in_(references)))
    return {row.reference: (row.events, row.last_hash) for row in rows}


def whole_up_to(connection: Connection, checkpoints: Sequence[Checkpoint]) -> Checkpoint | None:
    """The last of these that finds everything in its place, where a later one does not: an older copy's mark."""

    def lacks(number: int) -> bool:
        told = checkpoints[:number]
        missing = next(broken_since(connection, told), None)
        return missing is not None or access_since(connection, told) is not None

    whole = bisect_left(range(1, len(checkpoints) + 1), True, key=lacks)
    return checkpoints[whole - 1] if whole else None


def access_since(connection: Connection, checkpoints: Sequence[Checkpoint]) -> BrokenEntry | None:
    """The first checkpoint that knew seals of the access log which are not there, or None."""
    for one in in_force(checkpoints):
        broken = seal_is_gone(connection, one.access)
        if broken is not None:
            return BrokenEntry(0, f"{broken.problem}: checkpoint {one.number} of {one.at[:10]} knew it")
    return None
