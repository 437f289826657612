"""Finding services: by need, age, place and words; the service itself; what the imports did."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select

from earlyhelp.records.directory import DirectoryImport, ServiceNeed, ServicePlace
from earlyhelp.records.reference import CodeEntry, Service

PAGE = 20
IMPORTS = 20
FULL_POSTCODE = re.compile(r"^([a-z]{1,2}[0-9][a-z0-9]?)\s*[0-9][a-z]{2}$")
MOST_WORDS = 8


class Wanted(NamedTuple):
    """What a service must fit. Empty or None asks for nothing."""

    needs: tuple[str, ...] = ()
    age: int | None = None
    place: str = ""
    words: str = ""


_SHOWN = select(
    Service.id,
    Service.key,
    Service.name,
    Service.organisation,
    Service.description,
    Service.phone,
    Service.email,
    Service.url,
    Service.minimum_age,
    Service.maximum_age,
    Service.needs,
    Service.places,
)


def find_services(
    connection: Connection, *, wanted: Wanted, after: int | None = None, limit: int = PAGE
) -> Sequence[Any]:
    """Services that are offered and fit, by name, one more than `limit` if there are more. `after` is an id."""
    statement = _SHOWN.where(*_fits(wanted), *_beyond(after))
    return connection.execute(statement.order_by(Service.sort_name, Service.id).limit(limit + 1)).all()


def count_services(connection: Connection, *, wanted: Wanted) -> int:
    """How many services are offered and fit."""
    return connection.scalar(select(func.count()).select_from(Service).where(*_fits(wanted))) or 0


def services_by_key(connection: Connection, *, keys: Collection[str]) -> list[Row[Any]]:
    """These services whole, withdrawn ones too, in the order in which they were named."""
    rows = connection.execute(select(Service).where(Service.key.in_(sorted(keys)))).all()
    place = {key: position for position, key in enumerate(keys)}
    return sorted(rows, key=lambda row: place[row.key])


def service_by_key(connection: Connection, *, key: str) -> Row[Any] | None:
    """One service, whole, also when it was withdrawn: history names it."""
    return connection.execute(select(Service).where(Service.key == key)).one_or_none()


def need_labels(connection: Connection) -> dict[str, str]:
    """The needs a service may be found by, in the order of the code list."""
    rows = connection.execute(
        select(CodeEntry.code, CodeEntry.label)
        .where(CodeEntry.code_list == "presenting_need", CodeEntry.valid_to.is_(None))
        .order_by(CodeEntry.position)
    )
    return {row.code: row.label for row in rows}


def needs_met(connection: Connection) -> set[str]:
    """Needs for which the directory has any service at all."""
    return set(connection.scalars(select(ServiceNeed.need).distinct()))


def sources_of_services(connection: Connection) -> Sequence[Any]:
    """Where the services come from: how many of each source are offered, and how many were withdrawn."""
    offered = func.count().filter(Service.withdrawn_at.is_(None))
    statement = select(Service.source, offered.label("offered"), func.count().label("in_all"))
    return connection.execute(statement.group_by(Service.source).order_by(Service.source)).all()


def last_imports(
    connection: Connection, *, after: int | None = None, limit: int = IMPORTS
) -> Sequence[Row[Any]]:
    """Imports done or refused, newest first, one more than `limit` if there are more. `after` is an id."""
    columns = [column for column in DirectoryImport.__table__.c if column.name not in {"content", "faults"}]
    statement = select(*columns).where(DirectoryImport.status.in_(("done", "refused")))
    if after is not None:
        statement = statement.where(DirectoryImport.id < after)
    return connection.execute(statement.order_by(DirectoryImport.id.desc()).limit(limit + 1)).all()


def import_report(connection: Connection, *, import_id: int) -> Row[Any] | None:
    """One import with its faults."""
    columns = [column for column in DirectoryImport.__table__.c if column.name != "content"]
    return connection.execute(select(*columns).where(DirectoryImport.id == import_id)).one_or_none()


def _fits(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Service.withdrawn_at.is_(None)]
    if wanted.needs:
        met = ServiceNeed.service_id == Service.id
        conditions.append(exists().where(met, ServiceNeed.need.in_(wanted.needs)))
    if wanted.age is not None:
        conditions.append(or_(Service.minimum_age.is_(None), Service.minimum_age <= wanted.age))
        conditions.append(or_(Service.maximum_age.is_(None), Service.maximum_age >= wanted.age))
    if wanted.place.strip():
        conditions.append(_is_at(wanted.place))
    for word in wanted.words.casefold().split()[:MOST_WORDS]:
        conditions.append(Service.search_text.contains(word, autoescape=True))
    return conditions


def _is_at(place: str) -> ColumnElement[bool]:
    """At a place that begins like this, or anywhere: helplines fit every place."""
    typed = " ".join(place.casefold().split())
    postcode = FULL_POSTCODE.match(typed)
    here = (
        ServicePlace.place == postcode[1]
        if postcode
        else ServicePlace.place.startswith(typed, autoescape=True)
    )
    mine = ServicePlace.service_id == Service.id
    return or_(exists().where(mine, here), ~exists().where(mine))


def _beyond(after: int | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    last = select(Service.sort_name).where(Service.id == after).scalar_subquery()
    return [or_(Service.sort_name > last, and_(Service.sort_name == last, Service.id > after))]


def labels_of(service: Row[Any]) -> Mapping[str, str]:
    """A service in one line, and in a second what tells it from others like it."""
    who = f" ({service.organisation})" if service.organisation not in {"", service.name} else ""
    return {
        "name": f"{service.name}{who}",
        "ages": ages_in_words(service),
        "places": "; ".join(service.places[:2]),
    }


def ages_in_words(service: Row[Any]) -> str:
    """`Ages 5 to 11`, `From age 16`, `Up to age 4`, or nothing where all ages are welcome."""
    low, high = service.minimum_age, service.maximum_age
    if low and high is not None and high < 100:
        return f"Ages {low} to {high}" if low != high else f"Age {low}"
    if low:
        return f"From age {low}"
    return f"Up to age {high}" if high is not None and high < 100 else ""
