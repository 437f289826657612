"""The dataset's tables of staff: who they are, their teams, and which families they led when."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Date, case as when, func, or_, select, type_coerce

from earlyhelp.insight.measures.children import children_of_cases
from earlyhelp.insight.measures.known import events
from earlyhelp.insight.measures.scene import Span
from earlyhelp.insight.measures.standing import standing
from earlyhelp.insight.statutory.history import ANSWERS
from earlyhelp.insight.statutory.ssd_codes import FIRST_OR_AGAIN, OTHER_REASON
from earlyhelp.insight.statutory.ssd_fields import Field, Table, Whole, streamed, team_id, worker_id
from earlyhelp.insight.statutory.ssd_people import DATETIME, NOT_RECORDED, TEXT48, TEXT100
from earlyhelp.insight.statutory.ssd_work import TEAM_KEY, WORKER_KEY
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.organisation import Team, User, UserRole
from earlyhelp.records.people import Person

KEPT = ("case_id", "sequence", "kind", "to_state", "pathway_id", "lead_professional_id", "team_id")


def _professionals(connection: Connection, whole: Whole) -> Iterator[Any]:
    """Lead professionals, everybody who ever led, and who answered for social care."""
    held = _caseloads(connection, whole)
    leads = select(UserRole.user_id).where(UserRole.role == "lead_professional")
    have_led = select(Event.lead_professional_id).where(Event.lead_professional_id.is_not(None)).distinct()
    answered = select(Event.actor_id).where(Event.kind.in_(ANSWERS), Event.actor_id.is_not(None)).distinct()
    statement = (
        select(User.id, User.name, User.job_title, User.fte, Team.name.label("team"))
        .outerjoin(Team, Team.id == User.team_id)
        .where(or_(User.id.in_(leads), User.id.in_(have_led), User.id.in_(answered)))
        .order_by(User.id)
    )
    for row in streamed(connection, statement):
        yield SimpleNamespace(**row._mapping, caseload=held.get(row.id, 0))


def _caseloads(connection: Connection, whole: Whole) -> Counter[int]:
    """Open cases that each led at the end of the last 30 September."""
    day = previous_30_september(whole.asked.on)
    stood = standing(whole.asked.scene.over((Span(day, day),))).cte()
    rows = connection.execute(
        select(stood.c.lead_professional_id, func.count())
        .where(stood.c.lead_professional_id.is_not(None))
        .group_by(stood.c.lead_professional_id)
    )
    return Counter({lead: int(number) for lead, number in rows})


def previous_30_september(on: date) -> date:
    day = date(on.year, 9, 30)
    return day if day <= on else day.replace(year=on.year - 1)


def _teams(connection: Connection, whole: Whole) -> Iterator[Any]:
    return streamed(connection, select(Team.id, Team.name).order_by(Team.id))


def _involvements(connection: Connection, whole: Whole) -> Iterator[Any]:
    """Each stretch of a case with the same lead professional, until the next one or the closing, by child."""
    scene = whole.asked.scene
    found = events(scene.known, kept=KEPT)
    of_case: Any = {"partition_by": found.c.case_id, "order_by": found.c.sequence}
    is_closed = scene.kinds.state_is(found.c.to_state, found.c.pathway_id, "closed")
    holding = select(found, when((~is_closed, found.c.lead_professional_id)).label("holder")).cte()
    of_case = {"partition_by": holding.c.case_id, "order_by": holding.c.sequence}
    before = func.lag(holding.c.holder).over(**of_case).label("held_before")
    looked = select(holding, before).cte()
    changes = select(looked).where(looked.c.holder.is_distinct_from(looked.c.held_before)).cte()
    until = func.lead(changes.c.occurred_on).over(partition_by=changes.c.case_id, order_by=changes.c.sequence)
    stretches = select(changes, type_coerce(until, Date()).label("until")).cte()
    children = children_of_cases(scene)
    statement = (
        select(
            Case.reference,
            stretches.c.sequence,
            stretches.c.kind,
            stretches.c.holder,
            stretches.c.team_id,
            stretches.c.occurred_on.label("since"),
            stretches.c.until,
            Person.public_id,
        )
        .join(Case, Case.id == stretches.c.case_id)
        .join(children, children.c.case_id == stretches.c.case_id)
        .join(Person, Person.id == children.c.child_id)
        .where(stretches.c.holder.is_not(None), whole.kept, whole.shows(Person.id))
        .order_by(stretches.c.case_id, stretches.c.sequence, Person.id)
    )
    for row in streamed(connection, statement):
        yield SimpleNamespace(**row._mapping, role=whole.lead_title)


PROFESSIONALS = Table(
    "ssd_professionals",
    "Lead professionals of every agency, and who answered for social care.",
    _professionals,
    (
        Field("prof_professional_id", TEXT48, "The account's number here", lambda p: worker_id(p.id), "PK"),
        Field("prof_staff_id", TEXT48, NOT_RECORDED),
        Field("prof_professional_name", "nvarchar(300)", "Name", lambda p: p.name),
        Field("prof_social_worker_registration_no", TEXT48, NOT_RECORDED),
        Field("prof_agency_worker_flag", "nchar(1)", NOT_RECORDED),
        Field("prof_professional_job_title", "nvarchar(500)", "Job title", lambda p: p.job_title),
        Field(
            "prof_professional_caseload",
            "int",
            "Open cases led at the end of the last 30 September",
            lambda p: p.caseload,
        ),
        Field("prof_professional_department", TEXT100, "Name of the team", lambda p: p.team),
        Field("prof_full_time_equivalency", "float", "Share of full time", lambda p: p.fte),
    ),
)
DEPARTMENT = Table(
    "ssd_department",
    "Every team, also those that are closed. Teams stand under no other here.",
    _teams,
    (
        Field("dept_team_id", TEXT48, "The team's number here", lambda t: team_id(t.id), "PK"),
        Field("dept_team_name", "nvarchar(255)", "Name", lambda t: t.name),
        Field("dept_team_parent_id", TEXT48, NOT_RECORDED, key=TEAM_KEY),
        Field("dept_team_parent_name", "nvarchar(255)", NOT_RECORDED),
    ),
)
INVOLVEMENTS = Table(
    "ssd_involvements",
    "Who led for each child and when: a row for every lead professional of a case in turn.",
    _involvements,
    (
        Field(
            "invo_involvements_id",
            TEXT48,
            "Case, event with which it began, and child",
            lambda i: f"{i.reference}-{i.sequence}-{i.public_id}",
            "PK",
        ),
        Field(
            "invo_professional_id", TEXT48, "The lead professional", lambda i: worker_id(i.holder), WORKER_KEY
        ),
        Field(
            "invo_professional_role_id",
            "nvarchar(200)",
            "What the council calls a lead professional",
            lambda i: i.role,
        ),
        Field("invo_professional_team", TEXT48, "The case's team", lambda i: team_id(i.team_id), TEAM_KEY),
        Field("invo_person_id", TEXT48, "The child", lambda i: i.public_id, "ssd_person.pers_person_id"),
        Field("invo_involvement_start_date", DATETIME, "The first day", lambda i: i.since),
        Field(
            "invo_involvement_end_date",
            DATETIME,
            "The day on which another took over, or the case closed",
            lambda i: i.until,
        ),
        Field(
            "invo_worker_change_reason",
            "nvarchar(200)",
            "FCONTA for the first of a case and after a reopening, otherwise OTHERS",
            lambda i: OTHER_REASON if i.kind == "reallocation" else FIRST_OR_AGAIN,
        ),
        Field("invo_referral_id", TEXT48, "Empty: early help follows no referral to social care"),
    ),
)
STAFF_TABLES = (PROFESSIONALS, DEPARTMENT, INVOLVEMENTS)
