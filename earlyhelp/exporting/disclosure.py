"""One person's data as files: a pack to read, as PDF and as a page, and everything as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any

from earlyhelp.insight.disclosure import Held
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.printing import pdf

FORMAT = 1
DETAILS = (
    *("public_id", "given_name", "family_name", "date_of_birth", "expected_birth_on", "gender", "ethnicity"),
    *("disabled", "nhs_number", "upn", "address", "postcode", "phone"),
)
FIRST = ("cases", "contacts", "events", "case_notes", "note_files")
"""What people ask about comes first; the rest follows in the order of the tables."""
LISTED: Mapping[str, tuple[str, ...]] = {
    "access_log": ("at", "user_id", "what", "reason"),
    "alerts": ("clock", "stage", "fell_due_at", "status"),
    "clocks": ("name", "status", "started_at", "due_at", "stopped_at"),
    "clock_revisions": ("replaced_at", "was"),
}
"""Tables of many rows that say little each: a line for each row, with these columns."""
UNREAD = frozenset({"id", "third_party", "hash", "previous_hash", "last_hash", "digest", "key_digest"})
"""Columns for programs: they stand in the JSON."""
ADVICE = (
    "Names of other people are marked [third party: …], and rows about somebody else say so. Nothing has been taken "
    "out: before this is given to anybody, decide for each mark whether it may be, and look for people who are "
    "meant without being named. Who asks may be told where data came from, unless that would harm a child."
)
Section = dict[str, Any]


def as_json(held: Held, *, made_at: datetime) -> bytes:
    """Everything, whole. Rows by table, with `third_party` true where a row is about somebody else."""
    told = {
        "format": FORMAT,
        "made_at": made_at.isoformat(),
        "person": {name: held.person[name] for name in DETAILS},
        "third_parties": [
            {"names": list(one.names), "who": one.who, "public_id": one.reference}
            for one in held.third_parties
        ],
        "records": held.records,
    }
    return (json.dumps(told, ensure_ascii=False, indent=1, default=_plain) + "\n").encode()


def as_pdf(held: Held, *, by: str, made_at: datetime) -> bytes:
    """The pack to read and to redact on paper."""
    printed = {
        "title": _title(held),
        "reference": held.person["public_id"],
        "by": by,
        "at": words(made_at),
    }
    return pdf("plain", {"printed": printed, "sections": sections(held)})


def as_html(held: Held, *, made_at: datetime) -> bytes:
    """The same as a page that stands alone, with the marks to be seen and searched."""
    title = escape(_title(held))
    body = "".join(_html(section) for section in sections(held))
    return (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><p>Made {escape(words(made_at))}</p>{body}</body></html>\n"
    ).encode()


def sections(held: Held) -> list[Section]:
    """The parts of the pack: who it is about, who else is named, then what is recorded, subject by subject."""
    others = [[", ".join(one.names), one.who, one.reference] for one in held.third_parties]
    parts: list[Section] = [
        {"title": "Before you give this to anybody", "text": ADVICE},
        {"title": "About", "facts": [[_named(name), words(held.person[name])] for name in DETAILS]},
    ]
    if others:
        parts.append(
            {"title": "Other people in these records", "heads": ["Names", "Who", "Number"], "rows": others}
        )
    names = [name for name in FIRST if name in held.records]
    names += sorted(held.records.keys() - {*names, "people"})
    for name in names:
        rows = held.records[name]
        if name in LISTED:
            parts.append(_listing(name, rows))
            continue
        parts += [_row(name, number, row) for number, row in enumerate(rows, start=1)]
    return parts


def _listing(table: str, rows: Sequence[Mapping[str, Any]]) -> Section:
    columns = LISTED[table]
    return {
        "title": _named(table),
        "heads": [_named(name.removesuffix("_id")) for name in columns],
        "rows": [[words(row[name]) for name in columns] for row in rows],
    }


def _row(table: str, number: int, row: Mapping[str, Any]) -> Section:
    about = ": about somebody else" if row["third_party"] else ""
    facts = [[_named(name), words(value)] for name, value in row.items() if _is_read(name, value)]
    return {"title": f"{_named(table)} {number}{about}", "facts": facts}


def _is_read(name: str, value: Any) -> bool:
    return name not in UNREAD and not name.endswith("_id") and value not in (None, "", [], {})


def _title(held: Held) -> str:
    name = f"{held.person['given_name']} {held.person['family_name']}".strip()
    return f"What is held about {name or held.person['public_id']}"


def words(value: Any) -> str:
    """A value as people read it: local moments, days, yes and no, one line for each part of what has parts."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(LONDON):%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, Mapping):
        return "\n".join(f"{_named(str(name))}: {words(one)}" for name, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(words(one) for one in value)
    return str(value)


def _named(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _html(section: Section) -> str:
    parts = [f"<h2>{escape(section['title'])}</h2>"]
    if "text" in section:
        parts.append(f"<p>{escape(section['text'])}</p>")
    if "facts" in section:
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th><td>{_lines(value)}</td></tr>'
            for name, value in section["facts"]
        )
        parts.append(f"<table>{rows}</table>")
    if "rows" in section:
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in section["heads"])
        rows = "".join(
            "<tr>" + "".join(f"<td>{_lines(cell)}</td>" for cell in row) + "</tr>" for row in section["rows"]
        )
        parts.append(f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")
    return "".join(parts)


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in json")
