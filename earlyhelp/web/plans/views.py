"""The plan as it stands, and how far the family has come."""

from flask import render_template

from earlyhelp.insight.plans import plan_of
from earlyhelp.insight.progress import distance_travelled
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import reading
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.cases.frame import frame_of
from earlyhelp.web.plans.entry import blueprint
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.distance import pictured
from earlyhelp.web.services import services


@blueprint.get("")
@permitted("case.open")
def page(reference: str) -> str:
    with reading(services().engine) as connection:
        frame = frame_of(connection, reference=reference, person=person())
        plan = plan_of(connection, case_id=frame.case.id)
    log_read(case_id=frame.case.id, what="plan")
    today = services().now().astimezone(LONDON).date()
    return render_template("plans/page.html", frame=frame, plan=plan, today=today, words=words)


@blueprint.get("/progress")
@permitted("case.open")
def progress(reference: str) -> str:
    with reading(services().engine) as connection:
        frame = frame_of(connection, reference=reference, person=person())
        domains = distance_travelled(connection, case_id=frame.case.id, pathway=frame.pathway)
    log_read(case_id=frame.case.id, what="distance travelled")
    today = services().now().astimezone(LONDON).date()
    return render_template(
        "plans/progress.html", frame=frame, domains=pictured(domains), words=words, today=today
    )
