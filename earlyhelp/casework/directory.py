"""The directory's first services, so that signposting works on the day a council starts."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection, insert, select

from earlyhelp.records.reference import Service

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
WebAddress = Annotated[str, StringConstraints(pattern=r"^(https?://\S+)?$", max_length=500)]


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
        connection.execute(insert(Service), missing)
    return len(missing)
