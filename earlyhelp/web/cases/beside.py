"""What stands beside the form of a decision at the front door, and what is asked first where another has it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import render_template, request
from sqlalchemy import Connection

from earlyhelp.casework.claims import HeldBySomebody
from earlyhelp.casework.reading import CaseRow
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Action
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.web.access import person
from earlyhelp.web.cases.deciding import is_waiting, tailored
from earlyhelp.web.cases.reading import CasePage, joinable, read_case_page
from earlyhelp.web.forms.from_action import ActionForm
from earlyhelp.web.presenters.words import time_words


def beside(
    connection: Connection,
    form_class: type[ActionForm],
    case: CaseRow,
    engine: CompiledPathway,
    action: Action,
    running: Sequence[Any],
    now: datetime,
) -> tuple[type[ActionForm], CasePage | None]:
    """The form with what is known as choices, and the case to show beside it; no case but at the front door."""
    if not is_waiting(case) and case.state_kind != "step_up":
        return form_class, None
    page = read_case_page(connection, reference=case.reference, person=person(), now=now)
    cases = joinable(page)
    return tailored(form_class, action=action, engine=engine, running=running, joinable=cases), page


def held_by(page: CasePage | None) -> HeldBySomebody | None:
    """Who else is working on it now."""
    return page.deciding.held if page is not None and page.deciding is not None else None


def ask_first(held: HeldBySomebody, case: CaseRow, action: Action) -> str:
    """The page that says who has it, and asks whether to take it over."""
    until = time_words(held.until.astimezone(LONDON))
    return render_template("front_door/held.html", held=held, case=case, action=action, until=until)


def held_words(held: HeldBySomebody | None) -> list[str]:
    """Somebody else took it while this was written: said once; sent again, it is meant."""
    if held is None or request.form.get("holder") == held.name:
        return []
    return [f"{held} now. Speak to them; or send this again to decide although they have it."]
