"""What the published pathways call things: a name that none has is refused as a filter, a state's kind is known."""

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlalchemy import Connection, select

from earlyhelp.records.reference import PublishedPathway

Part = Literal["states", "clocks", "actions"]
Names = Mapping[Part, Mapping[str, str]]
"""By part, the kind of each name."""


def names_in_use(connection: Connection, part: Part) -> frozenset[str]:
    """Every name that any published version of any pathway gives to a state or a clock."""
    return frozenset().union(*(names[part] for names in _published(connection)))


def kinds_in_use(connection: Connection, part: Part, name: str) -> frozenset[str]:
    """The kinds that published versions of pathways give to a state or an action of that name."""
    return frozenset(names[part][name] for names in _published(connection) if name in names[part])


def _published(connection: Connection) -> Sequence[Names]:
    digests = connection.scalars(select(PublishedPathway.digest)).all()
    new = [digest for digest in digests if digest not in _NAMES]
    if new:
        rows = connection.execute(
            select(PublishedPathway.digest, PublishedPathway.content).where(PublishedPathway.digest.in_(new))
        )
        _NAMES.update({row.digest: _names(row.content) for row in rows})
    return [_NAMES[digest] for digest in digests]


def _names(content: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Names:
    parts: Sequence[Part] = ("states", "clocks", "actions")
    return {
        part: {name: said.get("kind", "") for name, said in content.get(part, {}).items()} for part in parts
    }


_NAMES: dict[str, Names] = {}
"""By digest of the content, which never changes once published."""
