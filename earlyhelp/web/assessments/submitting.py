"""Sending an assessment to a manager, after a look at the whole."""

from typing import Any

from flask import flash, redirect, request, url_for

from earlyhelp.casework.assessments import Unfinished, submit_assessment, unfinished
from earlyhelp.casework.forms import form_action
from earlyhelp.casework.reading import running_clocks
from earlyhelp.casework.refusals import StaleVersion
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import permitted, person
from earlyhelp.web.assessments.desk import Desk
from earlyhelp.web.assessments.entry import Page, blueprint, moved_on, open_desk, shown_page, whole
from earlyhelp.web.cases.reading import possible_actions
from earlyhelp.web.cases.views import STALE
from earlyhelp.web.forms.from_action import OCCURRED, form_for
from earlyhelp.web.presenters.assessments import read_sections
from earlyhelp.web.services import services


@blueprint.route("/submit", methods=["GET", "POST"])
@permitted("case.open")
def submit(reference: str) -> Page:
    """Everything on one page, checked before it goes to a manager."""
    now = services().now()
    desk = open_desk(reference)
    action = form_action(desk.engine.pathway, state=desk.case.state)
    if action is None or not desk.may_draft:
        return moved_on(desk)
    form_class = form_for(
        desk.engine.pathway, action, choices={}, now=now, leave_out=[f.name for f in action.fields]
    )
    form = form_class(version=desk.case.version, **{OCCURRED: now.astimezone(LONDON).date()})
    homeless: list[str] = []
    if request.method == "POST":
        homeless = _submitted(desk, form)
        if not homeless and not form[OCCURRED].errors:
            flash(f"{action.title}: saved. A manager authorises it or returns it to you", "success")
            return redirect(url_for("cases.page", reference=desk.case.reference))
    failed = bool(homeless or form[OCCURRED].errors)
    html = shown_page(
        "submit",
        desk,
        form=form,
        action=action,
        homeless=homeless,
        form_has_errors=failed,
        left=unfinished(desk.paper),
        may_submit=_may_submit(desk, action.name),
        sections=read_sections(desk.paper.form, desk.paper.answers, reference=desk.case.reference),
    )
    return (html, 422) if failed else html


def _may_submit(desk: Desk, action: str) -> bool:
    with reading(services().engine) as connection:
        running = list(running_clocks(connection, case_id=desk.case.id))
        possible = possible_actions(connection, desk.case, desk.engine, running, person(), services().now())
    return any(one.name == action for one in possible)


def _submitted(desk: Desk, form: Any) -> list[str]:
    """Submit it. Returns words that belong to no field."""
    now = services().now()
    try:
        with transaction(services().engine) as connection:
            submit_assessment(
                connection,
                reference=desk.case.reference,
                person=person(),
                now=now,
                occurred_at=form[OCCURRED].moment(now, not_before=desk.case.state_entered_at),
                seen_version=whole(form.version.data or ""),
                known_errors=form.faults(),
            )
    except Unfinished as not_yet:
        return [f"{section.title}: finish or check this section" for section in not_yet.sections]
    except StaleVersion as stale:
        form.version.data = str(stale.current)
        return [STALE]
    except BadFields as refused:
        return list(form.show(refused.errors))
    except Refused as refused:
        return [str(refused)]
    return []
