"""The contacts of a list before they are cases: rows with one reference are one contact with several children."""

from collections.abc import Iterator, Mapping as Map, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from earlyhelp.casework.contacts import ContactTold
from earlyhelp.casework.import_mapping import Mapping, digest_of
from earlyhelp.casework.import_values import Fault, ReadRow, RowReader
from earlyhelp.pathway.definition import Pathway
from earlyhelp.spreadsheets import Row, Sheet

AT_ONCE = 5_000
"""Contacts written together. Each writing goes through the whole index of keys, so that few large ones cost less."""
CHILD = (
    *("given_name", "family_name", "date_of_birth", "expected_birth_on", "gender", "ethnicity"),
    *("disabled", "nhs_number", "upn", "address", "postcode", "uprn"),
)
ADULT = ("given_name", "family_name", "relationship", "phone")
UNSAID = {"yes", "unknown"}
"""What a column of disabilities may say and is no disability."""
REFERRER = ("name", "organisation", "email", "phone")


class Source(NamedTuple):
    """What is imported: the sheets of a file, how they are read, and whether they tell of a past."""

    file_name: str
    sheets: Sequence[Sheet]
    mapping: Mapping
    historical: bool = False

    @property
    def rows(self) -> int:
        return sum(len(sheet.rows) for sheet in self.sheets)


@dataclass
class Candidate:
    """One contact of the list, with the rows that tell of it: one for each child."""

    rows: list[ReadRow]
    readers: RowReader
    key: str
    digest: str
    told: ContactTold | None = None

    @property
    def values(self) -> dict[str, Any]:
        return self.rows[0].values


def batches(candidates: Iterator[Candidate]) -> Iterator[list[Candidate]]:
    while some := list(islice(candidates, AT_ONCE)):
        yield some


def candidates(source: Source, pathway: Pathway, today: date, faults: list[Fault]) -> Iterator[Candidate]:
    """The contacts of the list: rows with one reference are one contact with several children."""
    for sheet in source.sheets:
        reader = RowReader(sheet, source.mapping, pathway, today)
        if not reader.places:
            faults.append(Fault(sheet.name, sheet.header_row, "", "No column of this sheet is known"))
            continue
        if "reference" not in reader.column_of:
            alone = (reader.read(row, faults) for row in sheet.rows)
            yield from (_candidate([row], reader, source.mapping.system) for row in alone)
            continue
        by_reference: dict[str, list[Row]] = {}
        for row in sheet.rows:
            by_reference.setdefault(reader.reference(row) or f"\n{row.number}", []).append(row)
        for rows in by_reference.values():
            yield _candidate([reader.read(row, faults) for row in rows], reader, source.mapping.system)


def _candidate(rows: list[ReadRow], reader: RowReader, system: str) -> Candidate:
    said = [row.said for row in rows]
    reference = rows[0].values.get("reference")
    key = digest_of(["reference", system, reference] if reference else ["row", system, said])
    return Candidate(rows, reader, key, digest_of(said))


def child_of(values: Map[str, Any]) -> dict[str, Any]:
    child = {name: values[name] for name in CHILD if name in values}
    told = values.get("disabilities", [])
    codes = [code for code in told if code not in UNSAID]
    if codes:
        child["disabilities"] = codes
    elif "yes" in told:
        child["disabled"] = True
    if "full_name" in values and not (child.get("given_name") or child.get("family_name")):
        child["given_name"], child["family_name"] = _cut(values["full_name"])
    return child


def _cut(name: str) -> tuple[str, str]:
    """First names and surname of a whole name: `SMITH, Anna` or `Anna Smith`."""
    surname, comma, first = name.partition(",")
    if comma:
        return first.strip(), surname.strip()
    first, _, surname = name.strip().rpartition(" ")
    return first, surname


def adults_of(rows: Sequence[ReadRow]) -> list[dict[str, Any]]:
    adults = [
        {name: row.values[f"adult_{name}"] for name in ADULT if f"adult_{name}" in row.values} for row in rows
    ]
    named = [adult for adult in adults if adult.get("given_name") or adult.get("family_name")]
    return [adult for place, adult in enumerate(named) if adult not in named[:place]]


def has_name(values: Map[str, Any]) -> bool:
    return any(values.get(name) for name in ("given_name", "family_name", "full_name"))


def placed(name: str) -> tuple[int, str]:
    """The child and the field that a fault of `read_contact` is about."""
    part, _, rest = name.partition(".")
    place, _, what = rest.partition(".")
    if part == "children" and place.isdigit():
        return int(place), what
    if part == "adults":
        return 0, f"adult_{what}"
    return 0, f"referrer_{rest}" if part == "referrer" else name
