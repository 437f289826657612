"""Looking at an assessment: the list of its sections, the whole on one page, the whole on paper."""

from datetime import datetime
from typing import Any

from flask import Response, flash, redirect, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from earlyhelp.casework.assessments import unfinished
from earlyhelp.printing import pdf
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.assessments.desk import Desk
from earlyhelp.web.assessments.entry import blueprint, open_desk, shown_page
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.assessments import STATES, read_sections, tasks
from earlyhelp.web.presenters.cases import shown_child
from earlyhelp.web.services import services


@blueprint.get("")
@permitted("case.open")
def section_list(reference: str) -> str | BaseResponse:
    """The sections with how far each is."""
    now = services().now()
    try:
        desk = open_desk(reference)
    except NotFound:
        flash(
            "The pathway of this case has no form: the assessment is recorded with its action, on this page."
        )
        return redirect(url_for("cases.page", reference=reference))
    log_read(case_id=desk.case.id, what="assessment")
    return shown_page(
        "list",
        desk,
        tasks=tasks(desk.paper, reference=desk.case.reference, comments=desk.comments, now=now),
        state=STATES[desk.paper.state],
        left=len(unfinished(desk.paper)),
    )


@blueprint.get("/read")
@permitted("case.open")
def read(reference: str) -> str:
    """The assessment on one page, to read and to print: as submitted, or as far as it is."""
    desk = open_desk(reference)
    log_read(case_id=desk.case.id, what="assessment")
    sections = read_sections(desk.paper.form, _answers(desk))
    return shown_page("read", desk, sections=sections, state=STATES[desk.paper.state])


@blueprint.get("/read.pdf")
@permitted("case.open")
def printed(reference: str) -> Response:
    """The same as PDF."""
    desk, now = open_desk(reference), services().now()
    log_read(case_id=desk.case.id, what="assessment printed")
    document = pdf("plain", _printable(desk, now))
    name = f"assessment-{desk.case.reference}.pdf"
    return Response(
        document,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


def _answers(desk: Desk) -> Any:
    """As submitted while it waits or is authorised; as it stands while somebody writes in it."""
    submitted = desk.last is not None and desk.paper.state in {"submitted", "authorised"}
    return desk.last.answers if submitted else desk.paper.answers


def _printable(desk: Desk, now: datetime) -> dict[str, Any]:
    children = [shown_child(child, now) for child in desk.children]
    about = [("Children", ", ".join(f"{c['name']}, {c['age']}" for c in children))]
    about += [("State", STATES[desk.paper.state][0])]
    if desk.last is not None:
        about += [
            ("Submitted", f"{words.moment_words(desk.last.submitted_at, now)} by {desk.last.submitted_by}")
        ]
    if desk.last is not None and desk.last.decided_at:
        about += [("Decided", f"{words.moment_words(desk.last.decided_at, now)} by {desk.last.decided_by}")]
        about += [("Management comment", desk.last.comment)]
    sections = [{"title": "About this assessment", "facts": [list(pair) for pair in about]}]
    for one in read_sections(desk.paper.form, _answers(desk)):
        facts = [[answer.title, answer.words] for answer in one.answers]
        sections.append({"title": one.title, "facts": facts})
    printed_by = {
        "title": desk.paper.form.title,
        "reference": desk.case.reference,
        "by": person().name,
        "at": words.moment_words(now, now),
    }
    return {"printed": printed_by, "sections": sections}
