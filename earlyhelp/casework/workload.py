"""Setting what teams are for and what each worker may hold: teams, hours, ceilings, weights."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, delete, insert, select, update

from earlyhelp.casework.accounts import NAME, TEAM_KINDS
from earlyhelp.casework.office_changes import write_change
from earlyhelp.casework.pathways import running_pathway_id
from earlyhelp.records.organisation import CouncilSetting, Team, User, UserRole
from earlyhelp.records.workload import KEY, WorkloadRules, read_workload_rules

MOST_CASES, MOST_FTE = 200, 1.5


class WorkloadRefused(Exception):
    """Nothing was written. `errors` are words by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(self.errors.values()))


def set_team(
    connection: Connection,
    *,
    key: str,
    name: str,
    kind: str,
    locality: str,
    pathway: str,
    ceiling: int | None,
    by: str,
    now: datetime,
    manager_id: int | None = None,
) -> None:
    """What a team is called and is for, the pathway that its new cases take, and the most one worker holds.

    `pathway` is empty for the council's standard one. `manager_id` is somebody with the role of manager, who then
    belongs to this team. Raises WorkloadRefused.
    """
    team = connection.execute(select(Team).where(Team.key == key)).one_or_none()
    if team is None:
        raise WorkloadRefused({"name": "There is no such team"})
    errors = _team_faults(connection, team.id, name, kind, locality, pathway)
    errors |= _ceiling_fault(ceiling)
    if manager_id is not None and not _is_manager(connection, manager_id):
        errors["manager"] = "Choose somebody with the role of manager"
    if errors:
        raise WorkloadRefused(errors)
    values: dict[str, Any] = {"name": name.strip(), "kind": kind, "locality": locality.strip() or None}
    values |= {"pathway": pathway or None, "ceiling": ceiling}
    connection.execute(update(Team).where(Team.id == team.id).values(values))
    after = {**values, **({} if manager_id is None else {"manager": _email(connection, manager_id)})}
    before = dict(team._mapping)
    write_change(connection, by=by, what="team", about=key, before=before, after=after, now=now)
    if manager_id is not None:
        connection.execute(
            update(User)
            .where(User.id == manager_id)
            .values(team_id=team.id, session_epoch=User.session_epoch + 1)
        )


def set_hours(
    connection: Connection,
    *,
    user_id: int,
    fte: float,
    newly_qualified: bool,
    ceiling: int | None,
    by: str,
    now: datetime,
) -> None:
    """How much one person works, and a ceiling of their own where the rule does not fit. Raises WorkloadRefused."""
    errors = _ceiling_fault(ceiling)
    if not 0 < fte <= MOST_FTE:
        errors["fte"] = f"Hours are a part of full time: more than 0, at most {MOST_FTE:g}"
    values = {"fte": fte, "newly_qualified": newly_qualified, "ceiling": ceiling}
    found = connection.execute(select(User).where(User.id == user_id)).one_or_none()
    if not errors and found is None:
        errors["fte"] = "There is no such account"
    if errors or found is None:
        raise WorkloadRefused(errors)
    connection.execute(update(User).where(User.id == user_id).values(values))
    before = dict(found._mapping)
    write_change(connection, by=by, what="hours", about=found.email, before=before, after=values, now=now)


def set_rules(connection: Connection, *, rules: Mapping[str, Any], by: str, now: datetime) -> None:
    """The council's ceilings and weights (see WorkloadRules). Raises WorkloadRefused."""
    try:
        read = WorkloadRules.model_validate(rules)
    except ValidationError as faults:
        wrong = {
            "-".join(str(part) for part in fault["loc"]): "Enter a whole number" for fault in faults.errors()
        }
        raise WorkloadRefused(wrong) from None
    before = read_workload_rules(connection).model_dump(mode="json")
    connection.execute(delete(CouncilSetting).where(CouncilSetting.key == KEY))
    connection.execute(insert(CouncilSetting).values(key=KEY, value=read.model_dump_json()))
    after = read.model_dump(mode="json")
    write_change(connection, by=by, what="rules", about=KEY, before=before, after=after, now=now)


def _team_faults(
    connection: Connection, team_id: int, name: str, kind: str, locality: str, pathway: str
) -> dict[str, str]:
    errors: dict[str, str] = {}
    taken = select(Team.id).where(Team.name == name.strip(), Team.id != team_id)
    if not NAME.match(name.strip()):
        errors["name"] = "Give the team's name, in 1 to 200 characters"
    elif connection.scalar(taken) is not None:
        errors["name"] = "Another team has that name"
    if kind not in TEAM_KINDS:
        errors["kind"] = "Choose what the team is for"
    if locality.strip() and (len(locality.strip()) > 100 or not NAME.match(locality.strip())):
        errors["locality"] = "A locality has at most 100 characters"
    if pathway and running_pathway_id(connection, name=pathway) is None:
        errors["pathway"] = "Choose one of the published pathways"
    return errors


def _ceiling_fault(ceiling: int | None) -> dict[str, str]:
    if ceiling is None or 1 <= ceiling <= MOST_CASES:
        return {}
    return {"ceiling": f"A ceiling is a whole number from 1 to {MOST_CASES}"}


def _email(connection: Connection, user_id: int) -> str:
    return str(connection.scalar(select(User.email).where(User.id == user_id)))


def _is_manager(connection: Connection, user_id: int) -> bool:
    held = select(User.id).join(UserRole, UserRole.user_id == User.id)
    return (
        connection.scalar(held.where(User.id == user_id, User.active, UserRole.role == "manager")) is not None
    )
