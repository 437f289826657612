"""What is exported: a titled set of sheets, before it is known in which format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

Cell = str | int | float | date | None


@dataclass(frozen=True)
class Sheet:
    """One table with its heads."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Table:
    """What a report holds. `about` says of when and of whom it is, how it counts. The first sheet is the report
    itself: csv, which has room for one, is that. `data` is the same for programs: json."""

    key: str
    """Goes into the name of the file."""
    title: str
    sheets: Sequence[Sheet]
    about: Sequence[tuple[str, str]] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


class ExportedFile(NamedTuple):
    """A file ready to be sent or written."""

    name: str
    media_type: str
    content: bytes
