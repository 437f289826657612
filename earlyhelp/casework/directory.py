"""The services of the directory: how each is written, and the first ones that it starts with."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection, delete, insert, select

from earlyhelp.records.directory import ServiceNeed, ServicePlace
from earlyhelp.records.reference import Service

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
WebAddress = Annotated[str, StringConstraints(pattern=r"^(https?://\S+)?$", max_length=500)]
OUTWARD = re.compile(r"\b([A-Z]{1,2}[0-9][A-Z0-9]?)(?=\s*[0-9][A-Z]{2}\b|$|,)")
LONGEST_PLACE = 100
LONGEST_SEARCHED = 12_000
AT_ONCE = 500


class StartingService(BaseModel):
    """A service as a directory file says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Key
    name: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    organisation: Annotated[str, StringConstraints(max_length=300)] = ""
    description: str = ""
    phone: Annotated[str, StringConstraints(max_length=60)] = ""
    email: Annotated[str, StringConstraints(max_length=254)] = ""
    url: WebAddress = ""
    needs: list[str] = []
    minimum_age: Annotated[int | None, Field(ge=0, le=25)] = None
    maximum_age: Annotated[int | None, Field(ge=0, le=25)] = None


def starting_services(folder: Path) -> list[StartingService]:
    """The services of every file in the folder, in order."""
    return [
        StartingService.model_validate(service)
        for path in sorted(folder.glob("*.toml"))
        for service in tomllib.loads(path.read_text(encoding="utf-8")).get("services", [])
    ]


def add_missing_services(connection: Connection, services: Iterable[StartingService]) -> int:
    """Add those the directory does not have; returns how many. What a council changed or withdrew stays as it is."""
    known = set(connection.scalars(select(Service.key)))
    missing = [service.model_dump() for service in services if service.key not in known]
    if missing:
        rows = [{**row, **sorted_and_searched(row)} for row in missing]
        connection.execute(insert(Service), rows)
        index_services(connection, [row["key"] for row in rows])
    return len(missing)


def sorted_and_searched(row: Mapping[str, Any]) -> dict[str, str]:
    """The columns by which a service is listed and found by words."""
    lists = [word for name in ("terms", "places") for word in row.get(name, ())]
    texts = [row.get(name, "") for name in ("name", "organisation", "description", "eligibility")]
    searched = " ".join([*texts[:2], *lists, *texts[2:]]).casefold()
    return {"sort_name": row["name"].casefold()[:300], "search_text": searched[:LONGEST_SEARCHED]}


def index_services(connection: Connection, keys: Sequence[str]) -> None:
    """Write anew the needs and places by which these services are found."""
    for first in range(0, len(keys), AT_ONCE):
        some = keys[first : first + AT_ONCE]
        rows = connection.execute(
            select(Service.id, Service.needs, Service.places).where(Service.key.in_(some))
        ).all()
        ids = [row.id for row in rows]
        for table in (ServiceNeed, ServicePlace):
            connection.execute(delete(table).where(table.service_id.in_(ids)))
        needs = [{"service_id": row.id, "need": need} for row in rows for need in dict.fromkeys(row.needs)]
        places = [{"service_id": row.id, "place": place} for row in rows for place in places_in(row.places)]
        if needs:
            connection.execute(insert(ServiceNeed), needs)
        if places:
            connection.execute(insert(ServicePlace), places)


def places_in(told: Iterable[str]) -> list[str]:
    """What a place is searched by: first halves of postcodes, and names of streets, towns and areas."""
    found: dict[str, None] = {}
    for place in told:
        found |= dict.fromkeys(outward.lower() for outward in OUTWARD.findall(place.upper()))
        parts = [part.strip().casefold() for part in place.split(",")]
        found |= dict.fromkeys(part[:LONGEST_PLACE] for part in parts if part and not part[0].isdigit())
    return list(found)


def need_words(folder: Path) -> dict[str, list[str]]:
    """By which words a need is known in a feed (see the file itself)."""
    content = tomllib.loads((folder / "needs.toml").read_text(encoding="utf-8"))
    return {need: [word.casefold() for word in words] for need, words in content["words"].items()}


def needs_in(texts: Iterable[str], words: Mapping[str, Sequence[str]]) -> list[str]:
    """The needs that a service meets by what its feed calls them: a word counts where another begins with it."""
    said = " | ".join(texts).casefold()
    return [
        need for need, starts in words.items() if any(re.search(rf"\b{re.escape(w)}", said) for w in starts)
    ]
