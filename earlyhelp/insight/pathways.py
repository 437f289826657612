"""What the published pathways call things, so that a filter on a name that none of them has can be refused."""

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import Connection, select

from earlyhelp.records.reference import PublishedPathway

Part = Literal["states", "clocks"]


def names_in_use(connection: Connection, part: Part) -> frozenset[str]:
    """Every name that any published version of any pathway gives to a state or a clock."""
    digests = connection.scalars(select(PublishedPathway.digest)).all()
    new = [digest for digest in digests if digest not in _NAMES]
    if new:
        rows = connection.execute(
            select(PublishedPathway.digest, PublishedPathway.content).where(PublishedPathway.digest.in_(new))
        )
        _NAMES.update({row.digest: _names(row.content) for row in rows})
    return frozenset().union(*(_NAMES[digest][part] for digest in digests))


def _names(content: Mapping[str, Mapping[str, object]]) -> dict[str, frozenset[str]]:
    return {part: frozenset(content.get(part, {})) for part in ("states", "clocks")}


_NAMES: dict[str, dict[str, frozenset[str]]] = {}
"""By digest of the content, which never changes once published."""
