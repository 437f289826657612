"""What figures are broken down by that the contact says with which a case began. It never changes."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from earlyhelp.records.among import among
from earlyhelp.records.cases import Contact

OF_CONTACTS: Mapping[str, Any] = {
    "source": Contact.source,
    "channel": Contact.channel,
    "presenting_need": Contact.presenting_needs,
}
Told = Mapping[str, Sequence[str]]
"""The parts that a case is in, by split: one of each, or several presenting needs."""
NOTHING_TOLD: Told = {split: [""] for split in OF_CONTACTS}


def told_of(
    connection: Connection, cases: Sequence[int], splits: Sequence[str] = tuple(OF_CONTACTS)
) -> dict[int, Told]:
    """By case; not all began with a contact."""
    columns = [OF_CONTACTS[split] for split in splits]
    rows = select(Contact.case_id, *columns).where(among(Contact.case_id, cases))
    found = {
        case: {split: parts_of(said) for split, said in zip(splits, all_said, strict=True)}
        for case, *all_said in connection.execute(rows)
    }
    return dict.fromkeys(cases, NOTHING_TOLD) | found


def parts_of(said: Any) -> list[str]:
    """The parts that a value stands for; the one without a name where there is none."""
    if isinstance(said, list):
        return [str(item) for item in said] or [""]
    return ["" if said is None else str(said)]
