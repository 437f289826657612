"""Turning what was typed for a person, a team or a service into the record it names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from earlyhelp.pathway.definition import Action, Field
from earlyhelp.pathway.fields import is_empty
from earlyhelp.records.organisation import Team, User, UserRole
from earlyhelp.records.reference import Service


@dataclass(frozen=True)
class Resolved:
    """The given fields with each reference in its lasting form, the rows found, and words for those not found."""

    fields: dict[str, Any]
    rows: dict[str, Row[Any]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)


def resolve(connection: Connection, action: Action, given: Mapping[str, Any]) -> Resolved:
    """Look up every person, team and services field. A user is kept as e-mail address, a team or service as key."""
    resolved = Resolved(dict(given))
    for declared in action.fields:
        value = given.get(declared.name)
        if is_empty(value) or declared.type not in {"person", "team", "services"}:
            continue
        if declared.type == "services":
            _resolve_services(connection, declared, value, resolved)
            continue
        find = find_person if declared.type == "person" else find_team
        row = find(connection, value)
        words = _why_not(connection, declared, row)
        if row is None or words:
            resolved.errors[declared.name] = [words or "not found"]
            continue
        resolved.rows[declared.name] = row
        resolved.fields[declared.name] = row.email if declared.type == "person" else row.key
    return resolved


def find_person(connection: Connection, value: Any) -> Row[Any] | None:
    """A user by e-mail address (any case) or id."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    text = str(value).strip()
    condition = (
        User.id == int(text)
        if text.isascii() and text.isdigit() and len(text) < 10
        else User.email == text.lower()
    )
    return connection.execute(select(User).where(condition)).one_or_none()


def find_team(connection: Connection, value: Any) -> Row[Any] | None:
    """A team by key, name (any case) or id."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    text = str(value).strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return connection.execute(select(Team).where(Team.id == int(text))).one_or_none()
    condition = or_(Team.key == text, func.lower(Team.name) == text.lower())
    return connection.execute(select(Team).where(condition).order_by(Team.id).limit(1)).one_or_none()


def _why_not(connection: Connection, declared: Field, row: Row[Any] | None) -> str | None:
    if row is None:
        what = "person" if declared.type == "person" else "team"
        return f"There is no {what} of that name here"
    if not row.active:
        return f"{row.name} is no longer active"
    if declared.type == "person" and declared.role and not _holds(connection, row.id, declared.role):
        return f"{row.name} does not have the role {declared.role.replace('_', ' ')}"
    return None


def _holds(connection: Connection, user_id: int, role: str) -> bool:
    statement = select(UserRole.role).where(UserRole.user_id == user_id, UserRole.role == role)
    return connection.scalar(statement) is not None


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
