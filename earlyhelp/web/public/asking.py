"""Asking for support: the start page and the questions, one page each."""

from typing import Any

from flask import abort, make_response, redirect, render_template, request, session, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from earlyhelp.casework.public_drafts import DraftTooLarge, drop_draft, new_token, save_draft
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import transaction
from earlyhelp.web.access import PUBLIC, permitted
from earlyhelp.web.public.answers import TRAP, Answers
from earlyhelp.web.public.door import blueprint
from earlyhelp.web.public.keeping import answers_so_far, forget, remember, token
from earlyhelp.web.public.limits import limited, most_saved
from earlyhelp.web.public.questions import BY_NAME, STEPS, Children, Question, cleaned, question_for
from earlyhelp.web.services import services

ADD, REMOVE = "add_child", "remove_child"
SENT = "request_sent"
NAMES = [step.name for step in STEPS]


@blueprint.get("/request-support")
@permitted(PUBLIC)
def start() -> str:
    """What this is for, and first of all when to call 999."""
    _, begun = answers_so_far()
    return render_template("public/start.html", begun=begun)


@blueprint.route("/request-support/<step>", methods=["GET", "POST"])
@permitted(PUBLIC)
@limited("save", most_saved)
def question(step: str) -> Response | str | tuple[str, int]:
    """One page of questions. What was typed is kept, right or wrong, so that nothing is typed twice."""
    if step not in BY_NAME:
        abort(404)
    answers, begun = answers_so_far()
    if not begun and step != NAMES[0]:
        return redirect(url_for("public.start"))
    if request.method == "GET":
        return _page(answers, answers.form(step), step)
    return _answered(answers, step)


@blueprint.post("/request-support/delete")
@permitted(PUBLIC)
def delete() -> Response:
    """Forget everything that was typed, at once."""
    held = token()
    if held:
        with transaction(services().engine) as connection:
            drop_draft(connection, token=held)
    session.pop(SENT, None)
    answer = redirect(url_for("public.start"))
    forget(answer)
    return answer


def _answered(answers: Answers, step: str) -> Response | tuple[str, int]:
    typed = cleaned(request.form.items(multi=True))
    form = question_for(step, who=answers.who, codes=answers.codes, typed=typed)
    changed = _children_changed(form)
    kept = _typed_again(form) if changed else [pair for pair in typed if pair[0] not in {ADD, REMOVE}]
    answers.content[step] = kept
    saved = _save(answers)
    if saved is None:
        return render_template("public/too_large.html", step=step), 413
    if changed:
        return _with_token(redirect(url_for("public.question", step=step, _anchor="children")), saved)
    if not form.check(services().now().astimezone(LONDON).date()):
        return _with_token(make_response(_page(answers, form, step), 422), saved)
    return _with_token(redirect(_next(step, answers)), saved)


def _save(answers: Answers) -> str | None:
    """Keep the draft; the token of this browser, or None when it is too large."""
    held = token() or new_token()
    try:
        with transaction(services().engine) as connection:
            save_draft(connection, token=held, content=answers.content, now=services().now())
    except DraftTooLarge:
        return None
    return held


def _with_token(answer: Response, held: str) -> Response:
    remember(answer, held)
    return answer


def _next(step: str, answers: Answers) -> str:
    """After a change from the page of answers, back to it; otherwise on to the next page."""
    if request.form.get("back_to") == "check":
        return url_for("public.check")
    following = NAMES[NAMES.index(step) + 1 :]
    if step == "risk" and answers.form("risk")["risk"].value == "yes":
        return url_for("public.danger")
    return url_for("public.question", step=following[0]) if following else url_for("public.check")


@blueprint.get("/request-support/danger")
@permitted(PUBLIC)
def danger() -> str:
    """Before anybody goes on writing: who can help within minutes."""
    return render_template("public/danger.html")


def _children_changed(form: Question) -> bool:
    """Add or take out a child, when that is the button that was used."""
    if not isinstance(form, Children):
        return False
    if ADD in request.form:
        form.children.add_another()
        return True
    place = request.form.get(REMOVE, "")
    if place.isascii() and place.isdigit() and len(place) < 4 and int(place) < len(form.children):
        if len(form.children) > 1:
            form.children.entries.pop(int(place))
        else:
            form.process(MultiDict())
        return True
    return False


def _typed_again(form: Question) -> list[tuple[str, str]]:
    """The children as they are now, as a browser would send them."""
    pairs: list[tuple[str, str]] = []
    assert isinstance(form, Children)
    for position, entry in enumerate(form.children):
        for field in entry.form:
            name = f"children-{position}-{field.short_name}"
            typed: Any = getattr(field, "typed", None)
            parts = (
                {f"{name}-{part}": value for part, value in typed.items()}
                if typed
                else {name: field.data or ""}
            )
            pairs += list(parts.items())
    return pairs


def _page(answers: Answers, form: Question, step: str) -> str:
    place = NAMES.index(step)
    return render_template(
        f"public/{'children' if step == 'children' else 'question'}.html",
        form=form,
        step=BY_NAME[step],
        place=place + 1,
        places=len(NAMES),
        back=url_for("public.question", step=NAMES[place - 1]) if place else url_for("public.start"),
        back_to=request.values.get("back_to", "") if request.values.get("back_to") == "check" else "",
        trap=TRAP,
        form_has_errors=form.failed,
    )
