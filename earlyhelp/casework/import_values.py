"""What one row of a list says: its cells read as what their columns hold, with a fault for each that cannot be."""

import re
from collections.abc import Mapping as Map, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from earlyhelp.casework.contacts import DISABILITIES, ETHNICITIES
from earlyhelp.casework.import_mapping import Mapping, labels_of, plain
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Pathway
from earlyhelp.spreadsheets import Row, Sheet
from earlyhelp.spreadsheets.cells import NotSo, day_of, moment_of, text_of

MOMENTS = frozenset(
    {
        *("received_at", "decided_at", "answered_at", "allocated_at", "first_contact_at"),
        *("assessment_submitted_at", "assessment_authorised_at", "plan_shared_at"),
        *("step_up_requested_at", "step_up_accepted_at", "closed_at"),
    }
)
DAYS = frozenset({"date_of_birth", "expected_birth_on"})
YES_NO = frozenset({"disabled", "child_seen"})
SEVERAL = frozenset({"presenting_needs", "disabilities"})
UPN_UNKNOWN = re.compile(r"UN[1-7]")
"""Why there is no UPN (children in need census): then there is none."""
DECISIONS = ("no_further_action", "advice", "signpost", "agreement_refused", "referral", "acceptance")
"""Kinds of action that decide about a contact."""
GENDERS = ("male", "female", "neither", "not_stated")
CODED = {
    "source": "source",
    "channel": "channel",
    "presenting_needs": "presenting_need",
    "agreement": "agreement",
    "sharing_basis": "sharing_basis",
    "urgency": "urgency",
    "level_of_need": "level_of_need",
    "how_contacted": "how_contacted",
    "end_measure": "end_measure",
    "adult_relationship": "relationship",
}
"""Fields with the code list of the pathway that they take."""
ANNEX_A = re.compile(r"^[a-z]\d?\)\s*([A-Z0-9]{1,4})\b")
"""How Annex A writes a code: `e) 2A: Schools`, `p1) 5D: LA services`, `a) WBRI`."""
MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where. `row` 0 is the whole sheet; `column` is empty where no column holds it."""

    sheet: str
    row: int
    column: str
    words: str

    def __str__(self) -> str:
        place = [f"sheet {self.sheet}"] if self.sheet else []
        place += [f"row {self.row}"] if self.row else []
        place += [f"column {self.column}"] if self.column else []
        return f"{', '.join(place) or 'the file'}: {self.words}"


@dataclass(slots=True)
class ReadRow:
    """One row: its values by field."""

    sheet: str
    number: int
    values: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """Every mapped cell as text, for recognising the row again."""
    unread: set[str] = field(default_factory=set)
    """Fields whose cell could not be read: that is told already, and not that they are missing."""


@dataclass(frozen=True, slots=True)
class When:
    """A day, and the local time of day where it is known."""

    day: date
    of_day: time | None = None

    def moment(self, opens: time, *, no_earlier_than: datetime | None = None) -> datetime:
        """The instant; without a time it is when the office opens, or what came before it on that day."""
        at = datetime.combine(self.day, self.of_day or opens, LONDON).astimezone(UTC)
        if self.of_day is None and no_earlier_than is not None and at < no_earlier_than:
            same_day = no_earlier_than.astimezone(LONDON).date() == self.day
            return no_earlier_than if same_day else at
        return at


class RowReader:
    """Reads the rows of one sheet. What was read of a day or a code is remembered: lists repeat themselves."""

    def __init__(self, sheet: Sheet, mapping: Mapping, pathway: Pathway, today: date) -> None:
        self.sheet = sheet
        self.today = today
        held = [mapping.field_of(column) if column else "" for column in sheet.columns]
        self.places = [(place, name) for place, name in enumerate(held) if name]
        self.column_of = {name: sheet.columns[place] for place, name in self.places}
        self.defaults = mapping.defaults
        self._codes = codes_of(pathway, mapping.values)
        self._repeating = MOMENTS | DAYS | SEVERAL | {"reviewed_at"} | self._codes.keys()
        self._seen: dict[Any, tuple[str, Any]] = {}

    def reference(self, row: Row) -> str:
        """The council's own reference of the contact, asked before the row is read; empty where it has none."""
        place = next(place for place, name in self.places if name == "reference")
        found = text_of(row.cells[place]) if place < len(row.cells) else ""
        return found or text_of(self.defaults.get("reference", ""))

    def read(self, row: Row, faults: list[Fault]) -> ReadRow:
        """The row; each cell that cannot be read adds a fault."""
        read = ReadRow(self.sheet.name, row.number)
        cells = row.cells
        for place, name in self.places:
            cell = cells[place] if place < len(cells) else ""
            self._take(read, name, cell, faults)
        for name, text in self.defaults.items():
            if name not in read.values:
                self._take(read, name, text, faults)
        return read

    def _take(self, read: ReadRow, name: str, cell: Any, faults: list[Fault]) -> None:
        try:
            found = self._remembered(name, cell) if name in self._repeating else self._read(name, cell)
        except NotSo as fault:
            faults.append(Fault(read.sheet, read.number, self.column_of.get(name, ""), str(fault)))
            read.unread.add(name)
            return
        text, value = found
        if text:
            read.said.append(f"{name}={text}")
            read.values[name] = value

    def _remembered(self, name: str, cell: Any) -> tuple[str, Any]:
        key = (name, type(cell), cell)
        found: tuple[str, Any] | None = self._seen.get(key)
        if found is None:
            found = self._read(name, cell)
            if len(self._seen) < MOST_REMEMBERED:
                self._seen[key] = found
        return found

    def _read(self, name: str, cell: Any) -> tuple[str, Any]:
        text = text_of(cell)
        if not text or (name == "upn" and UPN_UNKNOWN.fullmatch(text.upper())):
            return "", None
        return text, self._value(name, cell, text)

    def _value(self, name: str, cell: Any, text: str) -> Any:
        if name in MOMENTS:
            return When(*moment_of(cell, no_later_than=self.today))
        if name in DAYS:
            latest = self.today if name == "date_of_birth" else date(self.today.year + 1, 12, 31)
            return day_of(cell, no_later_than=latest)
        if name == "reviewed_at":
            return [When(*moment_of(part, no_later_than=self.today)) for part in _parts(cell)]
        if name in SEVERAL:
            return list(dict.fromkeys(self._code(name, str(part)) for part in _parts(text)))
        if name in self._codes:
            return self._code(name, text)
        return text

    def _code(self, name: str, text: str) -> Any:
        codes, labels = self._codes[name]
        text = text.strip()
        annexed = ANNEX_A.match(text)
        if text.upper() in codes or text in codes:
            found = text if text in codes else text.upper()
        elif annexed and annexed[1] in codes:
            found = annexed[1]
        else:
            found = labels.get(plain(text)) or labels.get("*", "")
        if found not in codes:
            shown = text if len(text) <= 40 else f"{text[:40]}…"
            raise NotSo(f"'{shown}' is not known: use {_offered(codes)}, or say what it means in the map")
        return codes[found]


Codes = dict[str, tuple[dict[str, Any], dict[str, str]]]


def codes_of(pathway: Pathway, own: Map[str, Map[str, str]]) -> Codes:
    """For each field with codes: what each code stands for, and labels with their code, the council's own first."""
    found: Codes = {}
    for name, listed in CODED.items():
        entries = pathway.codes.get(listed, {})
        found[name] = (
            {code: code for code in entries or labels_of(name).values()},
            {plain(entry.label): code for code, entry in entries.items()},
        )
    found["gender"] = ({code: code for code in GENDERS}, {})
    found["ethnicity"] = ({code: code for code in sorted(ETHNICITIES)}, {})
    disabilities = [*sorted(DISABILITIES), "yes", "unknown"]
    found["disabilities"] = ({code: code for code in disabilities}, {})
    found["decision"] = ({code: code for code in DECISIONS}, {})
    for name in YES_NO:
        found[name] = ({"yes": True, "no": False, "unknown": None}, {})
    for name, (codes, labels) in found.items():
        words = {plain(code): code for code in codes} | labels | labels_of(name)
        told = {"*" if label == "*" else plain(label): code for label, code in own.get(name, {}).items()}
        found[name] = (codes, words | told)
    return found


def _parts(cell: Any) -> Sequence[Any]:
    return (
        [part.strip() for part in re.split(r"[;,\n|]", cell) if part.strip()]
        if isinstance(cell, str)
        else [cell]
    )


def _offered(codes: Map[str, Any]) -> str:
    listed = list(codes)
    return ", ".join(listed[:25]) + (" …" if len(listed) > 25 else "")
