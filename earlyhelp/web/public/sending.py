"""Checking the answers, sending them, and the confirmation."""

from typing import Any

from flask import redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework.public_requests import Sent, hold_request, send_request
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.database import transaction
from earlyhelp.web.access import PUBLIC, permitted
from earlyhelp.web.public.answers import Answers, request_of
from earlyhelp.web.public.asking import SENT
from earlyhelp.web.public.door import blueprint
from earlyhelp.web.public.keeping import answers_so_far, forget, token
from earlyhelp.web.public.limits import limited, most_sent
from earlyhelp.web.public.questions import STEPS, Children
from earlyhelp.web.services import services


@blueprint.get("/request-support/check")
@permitted(PUBLIC)
def check() -> Response | str:
    """All answers on one page, each with a way to change it."""
    answers, begun = answers_so_far()
    if not begun:
        return redirect(url_for("public.start"))
    missing = _unanswered(answers)
    if missing is not None:
        return redirect(url_for("public.question", step=missing))
    return _check_page(answers, [])


@blueprint.post("/request-support/send")
@permitted(PUBLIC)
@limited("send", most_sent)
def send() -> Response | tuple[str, int]:
    """Send the request, once, however often the button is used."""
    answers, begun = answers_so_far()
    if not begun:
        return redirect(url_for("public.sent") if SENT in session else url_for("public.start"))
    missing = _unanswered(answers)
    if missing is not None:
        return redirect(url_for("public.question", step=missing))
    try:
        done = _send(answers)
    except BadFields as refused:
        return _check_page(answers, [words for told in refused.errors.values() for words in told]), 422
    if done is not None:
        session[SENT] = {"reference": done.reference, "token": done.token}
    answer = redirect(url_for("public.sent"))
    forget(answer)
    return answer


@blueprint.get("/request-support/sent")
@permitted(PUBLIC)
def sent() -> Response | str:
    """The confirmation: the reference, and the way to the private page."""
    told = session.get(SENT)
    if not isinstance(told, dict):
        return redirect(url_for("public.start"))
    link = f"{services().settings.base_url}{url_for('public.receipt', token=told['token'])}"
    return render_template("public/sent.html", reference=told["reference"], token=told["token"], link=link)


def _send(answers: Answers) -> Sent | None:
    held, now, base_url = token() or "", services().now(), services().settings.base_url
    with transaction(services().engine) as connection:
        if answers.trapped:
            return hold_request(connection, token=held, now=now)
        return send_request(connection, request_of(answers), token=held, base_url=base_url, now=now)


def _unanswered(answers: Answers) -> str | None:
    return answers.first_unanswered(services().now().astimezone(LONDON).date())


def _check_page(answers: Answers, faults: list[str]) -> str:
    return render_template("public/check.html", sections=shown_answers(answers), faults=faults)


def shown_answers(answers: Answers) -> list[dict[str, Any]]:
    """Each page's questions with what was answered, in words."""
    return [{"step": step, "rows": rows} for step in STEPS for rows in [_rows(answers.form(step.name))]]


def _rows(form: Any) -> list[tuple[str, str]]:
    if isinstance(form, Children):
        return [(f"Child {number}", _child(child)) for number, child in enumerate(form.told(), start=1)]
    return [(field.label.text.removesuffix(" (optional)"), _said(field)) for field in form.every_field()]


def _child(child: dict[str, Any]) -> str:
    name = " ".join(child.get(part, "") for part in ("given_name", "family_name")).strip()
    born = child.get("date_of_birth", "")
    parts = [name, f"born {'/'.join(reversed(born.split('-')))}" if born else "", child.get("postcode", "")]
    return ", ".join(part for part in parts if part)


def _said(field: Any) -> str:
    if not hasattr(field, "options"):
        return str(field.value or "Not answered")
    chosen = field.value if isinstance(field.value, list) else [field.value]
    labels = dict(field.options)
    return "\n".join(labels[one] for one in chosen if one in labels) or "Not answered"
