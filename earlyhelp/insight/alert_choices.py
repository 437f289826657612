"""What alerts can be asked for by: the teams, people and clocks that there are."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, case as when, select, true

from earlyhelp.insight.urgency import NOBODY
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import Team, User, UserRole
from earlyhelp.records.reference import PublishedPathway


@dataclass(frozen=True)
class AlertChoices:
    """Words by id or name. NOBODY stands among teams and workers."""

    teams: Mapping[int, str]
    workers: Mapping[int, str]
    clocks: Mapping[str, str]


def alert_choices(connection: Connection) -> AlertChoices:
    """Three queries. Who left stays a choice while they lead a case: their alerts need somebody most."""
    teams = connection.execute(select(Team.id, Team.name).order_by(Team.name))
    leads = select(UserRole.user_id).where(UserRole.role == "lead_professional")
    leading = select(Case.id).where(Case.is_open, Case.lead_professional_id == User.id).exists()
    # Asked of the few others alone: said with OR, PostgreSQL reads every open case for it.
    offered = when((User.id.in_(leads), true()), else_=leading)
    workers = connection.execute(select(User.id, User.name).where(offered).order_by(User.name))
    return AlertChoices(
        teams={NOBODY: "No team yet", **{row.id: row.name for row in teams}},
        workers={NOBODY: "Nobody yet", **{row.id: row.name for row in workers}},
        clocks=clock_titles(connection),
    )


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
