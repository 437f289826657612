"""The sheet that a family takes home: on the page, as PDF, by e-mail. It names services and nobody else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.casework.advice import send_advice
from earlyhelp.casework.reading import case_for, running_clocks
from earlyhelp.insight.cases import signposted_services
from earlyhelp.insight.directory import need_labels, services_by_key
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.facts import BadFields
from earlyhelp.printing import pdf
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.directory.door import blueprint, chosen_keys
from earlyhelp.web.presenters import directory as words
from earlyhelp.web.presenters.directory import ServiceShown, shown_service
from earlyhelp.web.services import services

CHECK = "signpost_check"


class Sheet(NamedTuple):
    """What goes on one sheet; `reference` where it belongs to a case."""

    services: Sequence[ServiceShown]
    asked_by: datetime | None = None
    reference: str | None = None


@blueprint.get("/directory/advice-sheet")
@permitted("directory")
def sheet() -> str | Response:
    """Of the services on the list of whoever asks, for nobody in particular."""
    with reading(services().engine) as connection:
        made = Sheet(_services(connection, chosen_keys()))
    return _page(made) if made.services else redirect(url_for("directory.search"))


@blueprint.get("/directory/advice-sheet.pdf")
@permitted("directory")
def sheet_pdf() -> Response:
    with reading(services().engine) as connection:
        made = Sheet(_services(connection, chosen_keys()))
    return _pdf(made) if made.services else redirect(url_for("directory.search"))


@blueprint.get("/cases/<reference>/advice-sheet")
@permitted("case.open")
def case_sheet(reference: str) -> str:
    """Of the services that the family of this case was signposted to."""
    return _page(_of_case(reference))


@blueprint.get("/cases/<reference>/advice-sheet.pdf")
@permitted("case.open")
def case_sheet_pdf(reference: str) -> Response:
    return _pdf(_of_case(reference))


@blueprint.post("/cases/<reference>/advice-sheet/email")
@permitted("case.open")
def email_sheet(reference: str) -> Response | tuple[str, int]:
    """Send it to the address that the family gave."""
    made, address = _of_case(reference), request.form.get("address", "")[:300]
    assert made.reference is not None
    try:
        with transaction(services().engine) as connection:
            is_new = send_advice(
                connection,
                reference=made.reference,
                address=address,
                body=words.sheet_text(made.services, made.asked_by),
                services=[one.key for one in made.services],
                person=person(),
                now=services().now(),
            )
    except BadFields as refused:
        return _page(made, address, refused.errors["address"][0]), 422
    flash("The sheet is on its way" if is_new else "This sheet was sent to that address before", "success")
    return redirect(url_for("directory.case_sheet", reference=made.reference))


def _of_case(reference: str) -> Sheet:
    """404 where the case is not theirs, or its family was signposted nowhere."""
    canonical = parse_reference(reference)
    if canonical is None:
        abort(404)
    with reading(services().engine) as connection:
        case = case_for(connection, reference=canonical, person=person())
        keys = signposted_services(connection, case_id=case.id)
        checks = [
            clock.due_at for clock in running_clocks(connection, case_id=case.id) if clock.kind == CHECK
        ]
        found = _services(connection, keys)
    if not found:
        abort(404)
    log_read(case_id=case.id, what="advice sheet")
    return Sheet(found, min(checks, default=None), canonical)


def _services(connection: Connection, keys: Sequence[str]) -> list[ServiceShown]:
    labels = need_labels(connection)
    return [shown_service(row, labels) for row in services_by_key(connection, keys=keys)]


def _page(made: Sheet, address: str = "", fault: str = "") -> str:
    next_steps: list[str] = words.what_happens_next(made.asked_by)
    return render_template(
        "directory/sheet.html", sheet=made, words=words, next_steps=next_steps, address=address, fault=fault
    )


def _pdf(made: Sheet) -> Response:
    today = services().now().astimezone(LONDON)
    printed: dict[str, Any] = {
        "title": words.TITLE,
        "reference": services().settings.service_name,
        "by": services().settings.service_name,
        "at": f"{today.day} {today:%B %Y}",
    }
    answer = make_response(
        pdf("plain", {"printed": printed, "sections": words.sheet_sections(made.services, made.asked_by)})
    )
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = 'inline; filename="services.pdf"'
    return answer
