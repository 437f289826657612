"""What was changed in accounts, roles, teams and hours: for administrators and auditors."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, url_for

from earlyhelp.insight.office_changes import PAGE, office_changes
from earlyhelp.records.database import reading
from earlyhelp.web.access import permitted
from earlyhelp.web.asking import place_asked
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.places import written_place
from earlyhelp.web.services import services

blueprint = Blueprint("changes", __name__, url_prefix="/administration/changes")
WHAT: Mapping[str, str] = {
    "account_made": "Account made",
    "account_closed": "Account closed",
    "account_opened": "Account opened again",
    "roles": "Roles changed",
    "team": "Team changed",
    "hours": "Hours changed",
    "rules": "Ceilings and weights changed",
    "second_factor_reset": "Second factor reset",
    "sessions_ended": "Signed out everywhere",
    "password_made": "New password made",
    "token_made": "Token made",
    "token_ended": "Token ended",
}


@blueprint.get("")
@permitted("audit")
def page() -> str:
    with reading(services().engine) as connection:
        found = office_changes(connection, after=place_asked())
    last = found[PAGE - 1] if len(found) > PAGE else None
    following = written_place((last.at, last.id)) if last is not None else None
    rows = [
        (row.at, WHAT.get(row.what, row.what), row.about, _in_words(row.content), row.by)
        for row in found[:PAGE]
    ]
    return render_template(
        "administration/changes.html",
        rows=rows,
        words=words,
        now=services().now(),
        next_url=url_for("changes.page", after=following) if following else None,
    )


def _in_words(content: Mapping[str, Any]) -> list[str]:
    return [f"{words.in_words(name)}: {_value(old)} → {_value(new)}" for name, (old, new) in content.items()]


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(words.in_words(str(part)) for part in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{words.in_words(str(name))} {part}" for name, part in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None else str(value)
