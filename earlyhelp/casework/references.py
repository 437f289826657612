"""Turning what was typed for a person, a team or a service into the record it names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, func, or_, select

from earlyhelp.pathway.definition import Action, Field
from earlyhelp.pathway.fields import CONTROL_CHARACTERS, is_empty
from earlyhelp.records.organisation import Team, User, UserRole
from earlyhelp.records.prepared import Query
from earlyhelp.records.reference import Service

_HOLDS = exists().where(UserRole.user_id == User.id, UserRole.role == bindparam("role")).label("holds_role")
_PERSON_BY_ID = Query(select(User, _HOLDS).where(User.id == bindparam("id")))
_PERSON_BY_EMAIL = Query(select(User, _HOLDS).where(User.email == bindparam("email")))
_TEAM_BY_ID = Query(select(Team).where(Team.id == bindparam("id")))
_TEAM_BY_NAME = Query(
    select(Team)
    .where(or_(Team.key == bindparam("key"), func.lower(Team.name) == bindparam("lowered")))
    .order_by(Team.id)
    .limit(1)
)


@dataclass(frozen=True)
class Resolved:
    """The given fields with each reference in its lasting form, the rows found, and words for those not found."""

    fields: dict[str, Any]
    rows: dict[str, Row[Any]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)


def resolve(connection: Connection, action: Action, given: Mapping[str, Any]) -> Resolved:
    """Look up every person, team and services field. A user is kept as e-mail address, a team or service as key."""
    resolved = Resolved(dict(given))
    for declared in action.references:
        value = given.get(declared.name)
        if is_empty(value):
            continue
        if declared.type == "services":
            _resolve_services(connection, declared, value, resolved)
            continue
        row = (
            find_person(connection, value, role=declared.role or "")
            if declared.type == "person"
            else find_team(connection, value)
        )
        words = _why_not(declared, row)
        if row is None or words:
            resolved.errors[declared.name] = [words or "not found"]
            continue
        resolved.rows[declared.name] = row
        resolved.fields[declared.name] = row.email if declared.type == "person" else row.key
    return resolved


def find_person(connection: Connection, value: Any, *, role: str = "") -> Row[Any] | None:
    """A user by e-mail address (any case) or id; `holds_role` says whether they have that role."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    text = _readable(value)
    if _is_an_id(text):
        return _PERSON_BY_ID.first(connection, id=int(text), role=role)
    return _PERSON_BY_EMAIL.first(connection, email=text.lower(), role=role)


def find_team(connection: Connection, value: Any) -> Row[Any] | None:
    """A team by key, name (any case) or id."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    text = _readable(value)
    if _is_an_id(text):
        return _TEAM_BY_ID.first(connection, id=int(text))
    return _TEAM_BY_NAME.first(connection, key=text, lowered=text.lower())


def _readable(value: str | int) -> str:
    """What a database can be asked for: PostgreSQL refuses text with NUL in it. Nobody has such a name."""
    return CONTROL_CHARACTERS.sub("\ufffd", str(value)).strip()


def _is_an_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _why_not(declared: Field, row: Row[Any] | None) -> str | None:
    if row is None:
        what = "person" if declared.type == "person" else "team"
        return f"There is no {what} of that name here"
    if not row.active:
        return f"{row.name} is no longer active"
    if declared.type == "person" and declared.role and not row.holds_role:
        return f"{row.name} does not have the role {declared.role.replace('_', ' ')}"
    return None


def _resolve_services(connection: Connection, declared: Field, value: Any, resolved: Resolved) -> None:
    if not isinstance(value, list | dict) or any(not isinstance(item, str) for item in value):
        return  # the engine refuses the shape, in its words
    named = list(value)
    lowered = [item.lower() for item in named]
    rows = connection.execute(
        select(Service.key, Service.name, Service.withdrawn_at).where(
            or_(Service.key.in_(named), func.lower(Service.name).in_(lowered))
        )
    ).all()
    keys = {row.key: row.key for row in rows} | {row.name.lower(): row.key for row in rows}
    missing = [item for item in named if item not in keys and item.lower() not in keys]
    withdrawn = [row.name for row in rows if row.withdrawn_at is not None and isinstance(value, list)]
    if missing or withdrawn:
        words = [f"'{item[:100]}' is not a service of the directory" for item in missing]
        words += [f"{name} has been withdrawn from the directory" for name in withdrawn]
        resolved.errors[declared.name] = words
        return
    found = {item: keys.get(item) or keys[item.lower()] for item in named}
    if isinstance(value, dict):
        resolved.fields[declared.name] = {found[item]: answer for item, answer in value.items()}
    else:
        resolved.fields[declared.name] = [found[item] for item in named]
