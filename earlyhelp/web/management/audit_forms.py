"""Forms of case audits: the sample that is wanted, and what its auditor found."""

from typing import Any

from sqlalchemy import Connection, select
from werkzeug.datastructures import MultiDict
from wtforms import Form

from earlyhelp.casework.audit_themes import THEMES
from earlyhelp.insight.offering import few_of
from earlyhelp.permissions import MATRIX
from earlyhelp.records.organisation import User, UserRole
from earlyhelp.web.cases.choices import people, teams
from earlyhelp.web.forms.dates import DateParts
from earlyhelp.web.forms.fields import Checkboxes, LongText, Number, Radios, Select, Text

THEME_WORDS = {key: theme.title for key, theme in THEMES.items()}
NOT_THEIRS = "Nobody is given a case that they led or acted on"


class Addresses(LongText):
    """E-mail addresses, one on each line."""

    @property
    def value(self) -> list[str]:
        return list(dict.fromkeys((self.data or "").lower().replace(",", " ").split()))


class SampleForm(Form):
    """The sample that is wanted."""

    title = Text("What is this audit called?", description="For example, Repeat contacts, spring")
    theme = Radios(
        "Which cases?",
        choices=THEME_WORDS,
        hints={key: theme.finds.capitalize() for key, theme in THEMES.items()},
    )
    first_on = DateParts("From")
    last_on = DateParts("To")
    team = Select("Team (optional)")
    size = Number("How many cases?", width="3", input_mode="numeric")
    auditors: Any = Checkboxes("Who audits?", description=NOT_THEIRS)
    seed = Number(
        "Number to draw by (optional)",
        description="The same number on the same cases draws the same sample. Left empty, one is drawn and kept",
        width="10",
        input_mode="numeric",
    )


class LargeSampleForm(SampleForm):
    """The same where very many could audit."""

    auditors = Addresses("Who audits?", description=f"Their e-mail addresses, one on each line. {NOT_THEIRS}")


class GradeForm(Form):
    """What the auditor found."""

    grade = Radios("Grade")
    strengths = LongText("What was done well?")
    learning = LongText("What is to be learned?")


def sample_form(connection: Connection, given: MultiDict[str, str] | None = None, **first: Any) -> SampleForm:
    """The form as it was sent, or as it begins, with the teams and people that can be named."""
    is_large = few_of(connection, _may_audit()) is None
    form = (LargeSampleForm if is_large else SampleForm)(given, data=first)
    form.team.choices = {"": "Every team", **teams(connection)}
    if not is_large:
        auditors: dict[str, str] = {}
        for role in sorted(MATRIX["case_audit"]):
            auditors |= people(connection, role=role)
        form.auditors.choices = dict(sorted(auditors.items(), key=lambda one: one[1]))
    return form


def _may_audit() -> Any:
    holding = UserRole.role.in_(sorted(MATRIX["case_audit"]))
    return select(User.id).join(UserRole, UserRole.user_id == User.id).where(User.active, holding).distinct()
