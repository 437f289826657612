"""The append-only history of a case: one event, its place in the chain and its hash."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from json import JSONEncoder
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.json_text import writer_as
from earlyhelp.records.reference import PublishedPathway

FIRST_HASH = "0" * 64
_APPEND = insert(Event).inline()
_canonical = writer_as(JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True))


class Happening(NamedTuple):
    """One event to be written. Every field but the row ids is covered by the hash."""

    reference: str
    sequence: int
    action: str
    kind: str
    from_state: str | None
    to_state: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    actor_role: str
    reason: str | None
    fields: Mapping[str, Any]
    pathway: str
    pathway_version: str
    corrects: int | None = None

    def hashed_after(self, previous_hash: str) -> str:
        """SHA-256 over the previous hash and a canonical form."""
        return hashlib.sha256(self.written_after(previous_hash).encode()).hexdigest()

    def written_after(self, previous_hash: str) -> str:
        """The canonical form: sorted keys, no spaces, UTC to the microsecond, ASCII only."""
        content = self._asdict()
        content["fields"] = dict(self.fields)
        content["occurred_at"] = canonical_moment(self.occurred_at)
        content["recorded_at"] = canonical_moment(self.recorded_at)
        content["previous"] = previous_hash
        return _canonical(content)


def canonical_moment(moment: datetime) -> str:
    # In UTC first: of the hour that comes twice in October, Python takes London's two for the same.
    return _written(moment.astimezone(UTC))


@lru_cache(maxsize=4096)
def _written(moment: datetime) -> str:
    """Remembered: the cases of a list have most of their moments in common."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def append_event(
    writer: Connection,
    happening: Happening,
    *,
    case_id: int,
    pathway_id: int,
    actor_id: int | None,
    team_id: int | None,
    lead_professional_id: int | None,
    previous_hash: str,
    link: str | None = None,
) -> str:
    """Write the event as the next link of its case's chain; returns its hash.

    `link` is that hash where it is known already: a case is written with the hash of its first event.
    """
    link = link or happening.hashed_after(previous_hash)
    writer.execute(
        _APPEND,
        {
            "case_id": case_id,
            "sequence": happening.sequence,
            "action": happening.action,
            "kind": happening.kind,
            "from_state": happening.from_state,
            "to_state": happening.to_state,
            "occurred_at": happening.occurred_at,
            "recorded_at": happening.recorded_at,
            "actor_id": actor_id,
            "actor": happening.actor,
            "actor_role": happening.actor_role,
            "team_id": team_id,
            "lead_professional_id": lead_professional_id,
            "reason": happening.reason,
            "fields": dict(happening.fields),
            "pathway_id": pathway_id,
            "occurred_on": local_day(happening.occurred_at),
            "corrects": happening.corrects,
            **_corrected(happening),
            "previous_hash": previous_hash,
            "hash": link,
        },
    )
    return link


def local_day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


def _corrected(happening: Happening) -> dict[str, datetime | date]:
    """What a correction says, in columns that figures can be made from."""
    if happening.corrects is None or "happened_at" not in happening.fields:
        return {}
    moment = datetime.fromisoformat(happening.fields["happened_at"])
    return {"corrected_to": moment, "corrected_on": local_day(moment)}


class BrokenLink(NamedTuple):
    """The first place where a case's history does not agree with itself."""

    reference: str
    sequence: int
    problem: str


def verify_case(connection: Connection, *, reference: str) -> BrokenLink | None:
    """Recompute every hash of one case. A changed, missing, added or cut-off event is named."""
    case = connection.execute(
        select(Case.id, Case.version, Case.last_hash).where(Case.reference == reference)
    ).one()
    events = connection.execute(
        select(
            Event, PublishedPathway.name.label("pathway"), PublishedPathway.version.label("pathway_version")
        )
        .join(PublishedPathway, PublishedPathway.id == Event.pathway_id)
        .where(Event.case_id == case.id)
        .order_by(Event.sequence)
    ).all()
    return first_broken_link(reference, case.version, case.last_hash, events)


def first_broken_link(
    reference: str, version: int, last_hash: str, events: Iterable[Any]
) -> BrokenLink | None:
    previous, sequence = FIRST_HASH, 0
    for sequence, event in enumerate(events, start=1):
        if event.sequence != sequence:
            return BrokenLink(reference, sequence, "this event is missing")
        if event.previous_hash != previous:
            return BrokenLink(reference, sequence, "does not follow from the event before it")
        if as_written(reference, event).hashed_after(previous) != event.hash:
            return BrokenLink(reference, sequence, "was changed after it was written")
        previous = event.hash
    if sequence != version:
        return BrokenLink(
            reference, sequence + 1, f"the case is at version {version} but its history ends before"
        )
    if previous != last_hash:
        return BrokenLink(reference, sequence, "the end of the chain was replaced")
    return None


def as_written(reference: str, event: Any) -> Happening:
    """The happening of which a row was made; `event` also names its pathway and that one's version."""
    return Happening(
        reference=reference,
        sequence=event.sequence,
        action=event.action,
        kind=event.kind,
        from_state=event.from_state,
        to_state=event.to_state,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        actor=event.actor,
        actor_role=event.actor_role,
        reason=event.reason,
        fields=event.fields,
        pathway=event.pathway,
        pathway_version=event.pathway_version,
        corrects=event.corrects,
    )
