"""The family's own copy of the plan, in plain English: to read, to print, and recorded when given."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from flask import render_template, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.casework.perform import perform
from earlyhelp.casework.reading import running_clocks
from earlyhelp.insight.cases import owners_of
from earlyhelp.insight.meetings import meetings_of
from earlyhelp.insight.plans import Plan, plan_of
from earlyhelp.insight.progress import distance_travelled
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Action
from earlyhelp.printing import pdf
from earlyhelp.records.database import reading
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.cases.frame import Frame, frame_of
from earlyhelp.web.cases.reading import possible_actions
from earlyhelp.web.forms.from_action import OCCURRED, form_for
from earlyhelp.web.forms.plain import answered, attempt, shown_again
from earlyhelp.web.plans.entry import blueprint
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.cases import term_words
from earlyhelp.web.presenters.distance import Pictured, pictured
from earlyhelp.web.services import services


class Copy(NamedTuple):
    """All that the family's copy says."""

    frame: Frame
    plan: Plan
    lead: str | None
    next_meeting: date | None
    domains: list[Pictured]


@blueprint.route("/family", methods=["GET", "POST"])
@permitted("case.open")
def family_copy(reference: str) -> str | Response | tuple[str, int]:
    """The copy to read; one button records that the family has it."""
    now = services().now()
    with reading(services().engine) as connection:
        copy = _copy(connection, reference)
        sharing = _sharing(connection, copy.frame, now)
    form = _sharing_form(copy.frame, sharing, now) if sharing else None
    about: dict[str, Any] = {"copy": copy, "frame": copy.frame, "form": form, "sharing": sharing}
    about |= {"words": words, "today": now.astimezone(LONDON).date(), "term": term_words}
    if form is None or sharing is None or not form.is_submitted():
        log_read(case_id=copy.frame.case.id, what="family's copy")
        return render_template("plans/family.html", homeless=[], **about)
    homeless = attempt(
        form,
        lambda connection: perform(
            connection,
            reference=copy.frame.reference,
            action=sharing.name,
            person=person(),
            fields=form.values(sharing),
            now=now,
            occurred_at=form[OCCURRED].moment(now),
            seen_version=_seen(form),
            known_errors=form.faults(),
        ),
    )
    go_to = url_for("plans.page", reference=copy.frame.reference)
    done = answered(form, homeless, saved=f"{sharing.title}: saved", go_to=go_to)
    return done or shown_again("plans/family.html", homeless=homeless, **about)


@blueprint.get("/family.pdf")
@permitted("case.open")
def family_pdf(reference: str) -> Response:
    now = services().now()
    with reading(services().engine) as connection:
        copy = _copy(connection, reference)
    log_read(case_id=copy.frame.case.id, what="family's copy, printed")
    made = pdf("family_plan", _printed(copy, now))
    name = f"plan-{copy.frame.reference}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(made, mimetype="application/pdf", headers=headers)


def _copy(connection: Connection, reference: str) -> Copy:
    frame = frame_of(connection, reference=reference, person=person())
    today = services().now().astimezone(LONDON).date()
    meetings = meetings_of(connection, case_id=frame.case.id)
    coming = [one.row.planned_on for one in meetings if one.is_due and one.row.planned_on >= today]
    return Copy(
        frame=frame,
        plan=plan_of(connection, case_id=frame.case.id),
        lead=owners_of(connection, case_id=frame.case.id).lead_professional_name,
        next_meeting=min(coming, default=None),
        domains=pictured(distance_travelled(connection, case_id=frame.case.id, pathway=frame.pathway)),
    )


def _sharing(connection: Connection, frame: Frame, now: datetime) -> Action | None:
    """The pathway's action that records the plan as given, if this reader may take it now."""
    running = list(running_clocks(connection, case_id=frame.case.id))
    possible = possible_actions(connection, frame.case, frame.engine, running, person(), now)
    return next((action for action in possible if action.kind == "plan_shared"), None)


def _sharing_form(frame: Frame, sharing: Action, now: datetime) -> Any:
    """Without the date it was given: that is when it happened, which every form asks already."""
    made = form_for(frame.pathway, sharing, choices={}, now=now, leave_out=("given_on",))
    return made(version=frame.case.version)


def _seen(form: Any) -> int:
    seen = form.version.data or ""
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else -1


def _printed(copy: Copy, now: datetime) -> Mapping[str, Any]:
    today = now.astimezone(LONDON).date()
    pathway = copy.frame.pathway
    agencies = {code: entry.label for code, entry in pathway.codes.get("agency", {}).items()}
    return {
        "printed": {
            "title": "Your family's plan",
            "reference": copy.frame.reference,
            "by": person().name,
            "at": words.moment_words(now, now),
        },
        "children": copy.frame.names,
        "lead": copy.lead or "",
        "lead_term": term_words(pathway, "lead_professional"),
        "next_meeting": words.date_words(copy.next_meeting, today) if copy.next_meeting else "",
        "goals": [
            {"words": goal.words, "whose": goal.whose, "reached": bool(goal.reached_on)}
            for goal in copy.plan.live_goals
        ],
        "actions": [
            [
                one.row.what,
                f"{one.row.who}\n{agencies.get(one.row.agency, '')}".strip(),
                words.date_words(one.row.due_on, today),
                f"Done {words.date_words(one.row.done_on, today)}" if one.row.done_on else "To do",
            ]
            for one in copy.plan.live_actions
        ],
        "domains": [{"title": one.domain.title, "words": one.words, "svg": one.svg} for one in copy.domains],
    }
