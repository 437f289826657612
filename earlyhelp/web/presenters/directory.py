"""Services in words: on the page, on the sheet for a family, in an e-mail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from earlyhelp.insight.directory import ages_in_words
from earlyhelp.openreferral.cleaning import clipped
from earlyhelp.pathway.calendar import LONDON

SHORT = 280
ON_PAPER = 700
TITLE = "Services that may help you"
INTRODUCTION = (
    "We talked about what could help you and your family. These services are a good place to start. "
    "You choose whether to contact them, and when."
)
URGENT = (
    "If somebody is in immediate danger, call 999. If you are worried and it is not an emergency, call 101."
)


class ServiceShown(NamedTuple):
    """One service ready for a template."""

    key: str
    name: str
    organisation: str
    description: str
    short: str
    phone: str
    email: str
    url: str
    facts: list[tuple[str, str]]
    needs: list[str]
    withdrawn: bool


def shown_service(row: Any, labels: dict[str, str]) -> ServiceShown:
    """`labels` are those of the needs, by code."""
    more = row._mapping
    facts = [
        (
            "Who it is for",
            ". ".join(part for part in (ages_in_words(row), more.get("eligibility", "")) if part),
        ),
        ("Where", "\n".join(row.places)),
        ("When", more.get("opening_times", "")),
        ("Cost", more.get("cost", "")),
    ]
    return ServiceShown(
        key=row.key,
        name=row.name,
        organisation=row.organisation if row.organisation != row.name else "",
        description=row.description,
        short=clipped(" ".join(row.description.split()), SHORT),
        phone=row.phone,
        email=row.email,
        url=row.url,
        facts=[(name, words) for name, words in facts if words],
        needs=[labels.get(need, need) for need in row.needs],
        withdrawn=more.get("withdrawn_at") is not None,
    )


def what_happens_next(asked_by: datetime | None) -> list[str]:
    """In plain English. `asked_by` is when we check at the latest, where a case says so."""
    lines = [
        "Contact the services you choose. Say that the council’s early help team gave you their details."
    ]
    if asked_by is not None:
        day = asked_by.astimezone(LONDON)
        lines.append(f"We will ask you by {day.day} {day:%B %Y} whether you reached them.")
    lines.append("If a service is not right for you, or cannot help, tell us. We will look for another one.")
    return lines


def sheet_sections(services: Sequence[ServiceShown], asked_by: datetime | None) -> list[dict[str, Any]]:
    """The sheet as the printer takes it."""
    sections: list[dict[str, Any]] = [{"title": "For you", "text": INTRODUCTION}]
    sections += [
        {
            "title": one.name,
            "text": clipped(one.description, ON_PAPER) or one.organisation,
            "facts": _reach(one),
        }
        for one in services
    ]
    return [
        *sections,
        {"title": "What happens next", "text": "\n".join([*what_happens_next(asked_by), URGENT])},
    ]


def sheet_text(services: Sequence[ServiceShown], asked_by: datetime | None) -> str:
    """The sheet as an e-mail: it names nobody."""
    parts = [INTRODUCTION]
    for one in services:
        facts = "\n".join(f"{name}: {' / '.join(words.splitlines())}" for name, words in _reach(one))
        parts.append(
            "\n".join(part for part in (one.name.upper(), clipped(one.description, ON_PAPER), facts) if part)
        )
    parts += ["WHAT HAPPENS NEXT\n" + "\n".join(what_happens_next(asked_by)), URGENT]
    return "\n\n".join(parts)


def _reach(one: ServiceShown) -> list[tuple[str, str]]:
    ways = [
        ("Run by", one.organisation),
        ("Telephone", one.phone),
        ("Email", one.email),
        ("Website", one.url),
    ]
    return [(name, words) for name, words in (*ways, *one.facts) if words]
