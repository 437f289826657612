"""The dataset's tables of work: contacts, episodes of early help, referrals to social care."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Date, and_, func, select, type_coerce
from sqlalchemy.orm import aliased

from earlyhelp.insight.measures.children import children_of_cases
from earlyhelp.insight.measures.marks import early_help_marks, with_days
from earlyhelp.insight.statutory import history
from earlyhelp.insight.statutory.annex_a import EARLY_HELP, EARLY_HELP_SINCE, OTHER_INTERNAL
from earlyhelp.insight.statutory.ssd_codes import (
    CONTACT_OUTCOMES,
    PRIMARY_NEEDS,
    RAISED_BY,
    REFERRAL_OUTCOMES,
    SOURCES,
)
from earlyhelp.insight.statutory.ssd_fields import Field, Table, Whole, flags, streamed, team_id, worker_id
from earlyhelp.insight.statutory.ssd_people import DATETIME, NOT_RECORDED, PERSON_KEY, TEXT48, TEXT100
from earlyhelp.pathway.vocabulary import SCREENING_DECISIONS
from earlyhelp.records.cases import Case, Contact, Event
from earlyhelp.records.organisation import Agency, User
from earlyhelp.records.people import Person

WORKER_KEY = "ssd_professionals.prof_professional_id"
TEAM_KEY = "ssd_department.dept_team_id"
STEPPED_DOWN = "Step down from social care"
ANY_LENGTH = "nvarchar(MAX)"


def _contacts(connection: Connection, whole: Whole) -> Iterator[Any]:
    """With the kind of the first screening decision, none while the contact waits for one."""
    found = history.contacts(whole.asked).order_by(None).subquery()
    decided = (
        select(Event.case_id, func.min(Event.sequence).label("sequence"))
        .where(Event.kind.in_(sorted(SCREENING_DECISIONS)), Event.from_state != Event.to_state)
        .group_by(Event.case_id)
        .subquery()
    )
    decision = aliased(Event)
    same = and_(decision.case_id == decided.c.case_id, decision.sequence == decided.c.sequence)
    statement = (
        select(found, decision.kind.label("decision"))
        .join(Case, Case.id == found.c.case_id)
        .outerjoin(decided, decided.c.case_id == found.c.case_id)
        .outerjoin(decision, same)
        .where(whole.kept, whole.shows(found.c.child_id))
        .order_by(found.c.case_id, found.c.child_id)
    )
    return streamed(connection, statement)


def _episodes(connection: Connection, whole: Whole) -> Iterator[Any]:
    """Early help of a child without a gap of a day or more is one episode, open while any part of it is."""
    titles = whole.asked.scene.kinds.outcome_titles()
    for _, spells in groupby(_spells(connection, whole), key=lambda spell: spell.child_id):
        for episode in without_gaps(list(spells)):
            first, latest = episode[0], episode[-1]
            is_open = any(spell.ended_on is None for spell in episode)
            ended = None if is_open else latest
            yield SimpleNamespace(
                id=_id(first),
                reference=first.reference,
                person=first.public_id,
                began=first.day,
                ended=ended.ended_on if ended else None,
                reason=_reason(first, whole),
                end_reason=_outcome(ended, titles) if ended else None,
                organisation=latest.organisation,
                worker=worker_id(latest.lead_id),
            )


def _spells(connection: Connection, whole: Whole) -> Iterator[Any]:
    """Spells of early help by child and day: who led at the end of each, or leads now, and why it ended."""
    scene = whole.asked.scene
    marks, children = with_days(early_help_marks(scene)), children_of_cases(scene)
    end = aliased(Event)
    ended_here = and_(end.case_id == marks.c.case_id, end.sequence == marks.c.ended)
    lead_id = func.coalesce(end.lead_professional_id, Case.lead_professional_id)
    statement = (
        select(
            marks.c.case_id,
            marks.c.sequence,
            marks.c.kind,
            marks.c.occurred_on.label("day"),
            type_coerce(marks.c.ended_on, Date()).label("ended_on"),
            Person.id.label("child_id"),
            Person.public_id,
            Case.reference,
            Contact.presenting_needs,
            lead_id.label("lead_id"),
            Agency.name.label("organisation"),
            scene.kinds.outcome(end).label("outcome"),
        )
        .join(Case, Case.id == marks.c.case_id)
        .join(children, children.c.case_id == marks.c.case_id)
        .join(Person, Person.id == children.c.child_id)
        .outerjoin(Contact, Contact.case_id == marks.c.case_id)
        .outerjoin(end, ended_here)
        .outerjoin(User, User.id == lead_id)
        .outerjoin(Agency, Agency.id == User.agency_id)
        .where(marks.c.is_start == 1, whole.kept, whole.shows(Person.id))
        .order_by(Person.id, marks.c.occurred_on, marks.c.case_id, marks.c.sequence)
    )
    return streamed(connection, statement)


def without_gaps(spells: Sequence[Any]) -> Iterator[list[Any]]:
    """Those of one child, by day, in stretches: each begins at the latest on the day after the one before ended."""
    stretch: list[Any] = []
    until: date | None = date.min
    for spell in spells:
        if stretch and until is not None and spell.day > until + timedelta(days=1):
            yield stretch
            stretch, until = [], date.min
        stretch.append(spell)
        until = None if until is None or spell.ended_on is None else max(until, spell.ended_on)
    if stretch:
        yield stretch


def _reason(spell: Any, whole: Whole) -> str | None:
    if spell.presenting_needs:
        return "; ".join(whole.needs.get(str(need), str(need)) for need in spell.presenting_needs)
    return STEPPED_DOWN if spell.kind == "step_down" else None


def _outcome(spell: Any, titles: dict[str, str]) -> str:
    return titles.get(spell.outcome, str(spell.outcome).replace("_", " ").capitalize())


def _referrals(connection: Connection, whole: Whole) -> Iterator[Any]:
    found = history.referrals(whole.asked).order_by(None).subquery()
    told = Contact.__table__.alias("told")
    statement = (
        select(found, told.c.presenting_needs)
        .join(Case, Case.id == found.c.case_id)
        .outerjoin(told, told.c.case_id == found.c.case_id)
        .where(whole.kept, whole.shows(found.c.child_id))
        .order_by(found.c.case_id, found.c.sequence, found.c.child_id)
    )
    return streamed(connection, statement)


def _id(row: Any) -> str:
    return f"{row.reference}-{row.sequence}-{row.public_id}"


def _contact_outcome(row: Any) -> str:
    raised = RAISED_BY.get(row.decision)
    return flags(CONTACT_OUTCOMES, *([raised] if raised else []))


def _source(row: Any) -> str:
    if row.kind == "referral" and row.source:
        return str(row.source)
    return EARLY_HELP if row.day >= EARLY_HELP_SINCE else OTHER_INTERNAL


def primary_need(row: Any) -> str | None:
    return next((need for need in PRIMARY_NEEDS if need in (row.presenting_needs or ())), None)


def _referral_outcome(row: Any) -> str:
    if row.answer == "step_up_returned":
        return flags(REFERRAL_OUTCOMES, "NFA_FLAG")
    opened = (row.answer_fields or {}).get("plan_type")
    if row.answer is None or opened is None:
        return flags(REFERRAL_OUTCOMES)
    return flags(
        REFERRAL_OUTCOMES,
        "SINGLE_ASSESSMENT_FLAG" if opened == "assessment" else "OTHER_OUTCOMES_EXIST_FLAG",
    )


def _nfa(row: Any) -> str | None:
    return None if row.answer is None else "Y" if row.answer == "step_up_returned" else "N"


CONTACTS = Table(
    "ssd_contacts",
    "Every contact, one row for each child of it.",
    _contacts,
    (
        Field("cont_contact_id", TEXT48, "Case, event and child", _id, "PK"),
        Field("cont_person_id", TEXT48, "The child", lambda c: c.public_id, PERSON_KEY),
        Field("cont_contact_date", DATETIME, "The day on which it was received", lambda c: c.day),
        Field("cont_contact_source_code", TEXT48, "Who told, by the national code", lambda c: c.source),
        Field(
            "cont_contact_source_desc",
            "nvarchar(255)",
            "The dataset's words for it",
            lambda c: SOURCES.get(c.source),
        ),
        Field(
            "cont_contact_outcome_json",
            "nvarchar(4000)",
            "Y under the flag of the first screening decision; every key always there, empty where it is not so",
            _contact_outcome,
        ),
    ),
)
EPISODES = Table(
    "ssd_early_help_episodes",
    "Early help of one child from acceptance or step down to closing. What goes on within a day of what ended is one "
    "episode.",
    _episodes,
    (
        Field("earl_episode_id", TEXT48, "Case, event with which it began, and child", lambda e: e.id, "PK"),
        Field("earl_person_id", TEXT48, "The child", lambda e: e.person, PERSON_KEY),
        Field(
            "earl_episode_start_date",
            DATETIME,
            "The day of the acceptance or the step down",
            lambda e: e.began,
        ),
        Field(
            "earl_episode_end_date", DATETIME, "The day of the closing; empty while open", lambda e: e.ended
        ),
        Field(
            "earl_episode_reason",
            ANY_LENGTH,
            "The presenting needs of the contact, or that it was stepped down",
            lambda e: e.reason,
        ),
        Field("earl_episode_end_reason", ANY_LENGTH, "Why early help ended", lambda e: e.end_reason),
        Field(
            "earl_episode_organisation",
            ANY_LENGTH,
            "The agency of the lead professional at the end, or now",
            lambda e: e.organisation,
        ),
        Field(
            "earl_episode_worker_id",
            TEXT100,
            "The lead professional at the end, or now",
            lambda e: e.worker,
            WORKER_KEY,
        ),
    ),
)
REFERRALS = Table(
    "ssd_cin_episodes",
    "Every request to social care, from the front door or out of early help, one row for each child. What social care "
    "does afterwards is recorded in its own system.",
    _referrals,
    (
        Field("cine_referral_id", TEXT48, "Case, event and child", _id, "PK"),
        Field("cine_person_id", TEXT48, "The child", lambda r: r.public_id, PERSON_KEY),
        Field("cine_referral_date", DATETIME, "The day on which social care was asked", lambda r: r.day),
        Field(
            "cine_cin_primary_need_code",
            "nvarchar(3)",
            "The presenting need that stands highest in the national table",
            primary_need,
        ),
        Field(
            "cine_referral_source_code",
            TEXT48,
            "The contact's source; 5D (before April 2022 5B) out of early help",
            _source,
        ),
        Field(
            "cine_referral_source_desc",
            "nvarchar(255)",
            "The dataset's words for it",
            lambda r: SOURCES.get(_source(r)),
        ),
        Field(
            "cine_referral_outcome_json",
            "nvarchar(4000)",
            "Y under NFA where social care returned it, under single assessment where it opened one, under other "
            "outcomes where it opened a plan",
            _referral_outcome,
        ),
        Field("cine_referral_nfa", "nchar(1)", "Y where social care returned it, N where it accepted", _nfa),
        Field("cine_close_reason", TEXT100, NOT_RECORDED),
        Field(
            "cine_close_date",
            DATETIME,
            "The day on which social care returned it",
            lambda r: r.answered_on if r.answer == "step_up_returned" else None,
        ),
        Field(
            "cine_referral_team",
            TEXT48,
            "The team of who answered for social care",
            lambda r: team_id(r.team_id),
            TEAM_KEY,
        ),
        Field(
            "cine_referral_worker_id",
            TEXT48,
            "Who answered for social care",
            lambda r: worker_id(r.worker_id),
            WORKER_KEY,
        ),
    ),
)
WORK_TABLES = (CONTACTS, EPISODES, REFERRALS)
