"""What an import did or would do, and all that is wrong with its list."""

from dataclasses import dataclass, field

from earlyhelp.casework.import_candidates import Candidate
from earlyhelp.casework.import_values import Fault


@dataclass
class Outcome:
    """What an import did or would do. Where there are faults, nothing."""

    contacts: int = 0
    children: int = 0
    unchanged: int = 0
    """Contacts that came by an earlier import, or twice in this list."""
    changed: int = 0
    """Of them, those of which the list now says something else: it is not taken over."""
    events: int = 0
    faults: list[Fault] = field(default_factory=list)


class FaultsFound(Exception):
    """The list has faults: the transaction must not be committed."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(f"{len(outcome.faults)} faults")


class FaultBook:
    """Every fault of a list with its place."""

    def __init__(self, faults: list[Fault]) -> None:
        self._faults = faults
        self._without_column: set[tuple[str, str]] = set()

    def add(self, candidate: Candidate, child: int, name: str, words: str) -> None:
        """Where a column holds it, the row; where none does, once for the sheet: it is wrong in every row."""
        row = candidate.rows[child]
        if name in row.unread:
            return
        column = candidate.readers.column_of.get(name, "")
        if column or name in row.values or not name:
            self._faults.append(Fault(row.sheet, row.number, column, words))
        elif (row.sheet, name) not in self._without_column:
            self._without_column.add((row.sheet, name))
            told = f"{words}. No column holds {name}: say in the map which one does, or give a default"
            self._faults.append(Fault(row.sheet, 0, "", told))
