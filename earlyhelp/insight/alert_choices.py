"""What managers' lists can be narrowed to: the teams, people and clocks that can occur in them."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    and_,
    case as when,
    false,
    literal,
    or_,
    select,
    true,
    union_all,
)

from earlyhelp.near import near_open, sees_afar
from earlyhelp.pathway.vocabulary import STATE_KINDS
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.base import NOBODY
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import Team, User, UserRole
from earlyhelp.records.reference import PublishedPathway

FEW = 100
"""Workers that are offered to who sees every team before they chose one; of more, nobody reads the list."""


class AlertChoices(NamedTuple):
    """Words by id or name. NOBODY stands among teams and workers."""

    teams: Mapping[int, str]
    workers: Mapping[int, str]
    clocks: Mapping[str, str]
    team_first: bool = False
    """Whether workers are offered once a team is chosen, being too many."""


def alert_choices(
    connection: Connection, *, person: Person, team: int | None, worker: int | None
) -> AlertChoices:
    """What can occur near this person, and the team and worker that were chosen. Two queries.

    Who sees every team is offered them all, and the workers of the team they chose; of few workers, all. Who left
    stays a choice while they lead a case: it needs somebody most.
    """
    near = _near(person, team).distinct().cte("near")
    teams, workers = _teams(person, near, team), _workers(person, near, team, worker)
    found: dict[str, dict[int, str]] = {"team": {NOBODY: "No team yet"}, "worker": {NOBODY: "Nobody yet"}}
    # All rows at once, taken apart by place: one by one and by name takes three times as long.
    for part, number, name in connection.execute(union_all(teams, workers).order_by("name", "id")).all():
        found[part][number] = name
    offered = found["worker"]
    team_first = sees_afar(person) and team is None and len(offered) > FEW + 1
    if team_first:
        offered = {number: name for number, name in offered.items() if number in {NOBODY, worker}}
    return AlertChoices(found["team"], offered, clock_titles(connection), team_first)


def _near(person: Person, team: int | None) -> Select[int | None, int | None]:
    """Team and lead professional of open cases near; who sees afar is near the team that they chose."""
    cases = select(Case.team_id, Case.lead_professional_id)
    cases = cases.where(Case.is_open, near_open(person), visible_cases(person))
    if not sees_afar(person):
        return cases
    if team == NOBODY:  # kinds one by one: an index by kind, team and lead holds nothing else
        led = (Case.team_id.is_(None), Case.lead_professional_id.is_not(None))
        return cases.where(*led, Case.state_kind.in_(sorted(STATE_KINDS)))
    return cases.where(Case.team_id == team) if team is not None else cases.where(false())


def _teams(person: Person, near: CTE, chosen: int | None) -> Select[str, int, str]:
    offered = select(literal("team").label("part"), Team.id, Team.name)
    if sees_afar(person):
        return offered
    theirs = Team.id.in_([number for number in (person.team_id, chosen) if number is not None])
    return offered.where(or_(theirs, Team.id.in_(select(near.c.team_id))))


def _workers(person: Person, near: CTE, team: int | None, chosen: int | None) -> Select[str, int, str]:
    offered: list[ColumnElement[bool]] = [User.id.in_(select(near.c.lead_professional_id))]
    offered += [and_(User.id == chosen, _leads())] if chosen is not None else []
    if sees_afar(person) and team is None:
        offered.append(User.id.in_(_some_who_lead()))
    else:
        whose = team if sees_afar(person) else person.team_id
        offered.append(and_(User.active, User.team_id == whose, User.id.in_(_may_lead())))
    return select(literal("worker").label("part"), User.id, User.name).where(or_(*offered))


def _may_lead() -> Select[int]:
    return select(UserRole.user_id).where(UserRole.role == "lead_professional")


def _some_who_lead() -> Select[int]:
    """Whoever may lead cases or leads one; of more than are offered, one more than that.

    Who may lead is known at once: others are looked at only while these are few.
    """
    others = select(User.id).where(User.id.not_in(_may_lead()), _leads_one())
    return union_all(_may_lead(), others).limit(FEW + 1).subquery().select()


def _leads() -> ColumnElement[bool]:
    return when((User.id.in_(_may_lead()), true()), else_=_leads_one())


def _leads_one() -> ColumnElement[bool]:
    one = select(Case.id).where(Case.is_open, Case.lead_professional_id == User.id).limit(1)
    # Asked one by one: said with OR or EXISTS, PostgreSQL reads every open case for it.
    return one.scalar_subquery().is_not(None)


def clock_titles(connection: Connection) -> dict[str, str]:
    """Titles by name, of every published version; the newest has the last word."""
    versions = connection.execute(
        select(PublishedPathway.id, PublishedPathway.digest).order_by(PublishedPathway.published_at)
    ).all()
    new = [row.id for row in versions if row.digest not in _TITLES]
    if new:
        rows = select(PublishedPathway.digest, PublishedPathway.content).where(PublishedPathway.id.in_(new))
        for row in connection.execute(rows):
            clocks = row.content.get("clocks", {})
            _TITLES[row.digest] = {name: clock["title"] for name, clock in clocks.items()}
    titles: dict[str, str] = {}
    for row in versions:
        titles |= _TITLES[row.digest]
    return dict(sorted(titles.items(), key=lambda named: named[1]))


_TITLES: dict[str, dict[str, str]] = {}
"""By digest of the content, which never changes once published."""
