"""A form made from what a pathway's action declares: nothing about a council's fields stands in code."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField

from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Action, Field, Pathway
from earlyhelp.web.forms.dates import DateParts, MomentParts
from earlyhelp.web.forms.fields import (
    MANY,
    Checkboxes,
    LongText,
    Number,
    Radios,
    Select,
    ServicePicker,
    Text,
    YesNo,
)

Choices = Mapping[str, Mapping[str, str]]
"""For fields that name records (person, team, services): what may be chosen, by field name."""
OCCURRED = "occurred_at"
SERVICE = "service:"
LATELY = timedelta(days=90)
WHEN = (
    "Leave this as it is if it is happening now. A past date is welcome, for example 27 3 2026 and 2:30pm: time "
    "limits are judged by when it happened, not by when it was typed in."
)


class ActionForm(FlaskForm):
    """The form of one action: `version` is what the person had before them."""

    version = HiddenField()

    def values(self, action: Action) -> dict[str, Any]:
        """What was typed, as the engine reads it; children are left to the pages that know them."""
        given: dict[str, Any] = {}
        for declared in action.fields:
            if declared.type == "children":
                continue
            if declared.name in self:
                given[declared.name] = self[declared.name].value
            elif declared.type == "services" and declared.codes:
                prefix = SERVICE + declared.name + ":"
                answers = {f.name.removeprefix(prefix): f.value for f in self if f.name.startswith(prefix)}
                given[declared.name] = {key: answer for key, answer in answers.items() if answer}
        return {name: value for name, value in given.items() if value not in ("", None, [], {})}

    def faults(self) -> dict[str, list[str]]:
        """What could not be read at all, such as 31 February."""
        return {field.name: list(field.process_errors) for field in self if field.process_errors}

    def show(self, errors: Mapping[str, list[str]]) -> list[str]:
        """Put the engine's words beside their fields; returns the words that belong to none."""
        homeless: list[str] = []
        for name, words in errors.items():
            target = next((f for f in self if f.name == name or f.name.startswith(f"{SERVICE}{name}:")), None)
            if target is None:
                homeless += words
            else:
                target.errors = tuple(words)
        return homeless


def form_for(
    pathway: Pathway,
    action: Action,
    *,
    choices: Choices,
    now: datetime,
    leave_out: Iterable[str] = (),
) -> type[ActionForm]:
    """The form class of an action. `children` fields are left to the pages that know children."""
    parts: dict[str, Any] = {}
    today = now.astimezone(LONDON).date()
    for declared in action.fields:
        if declared.name in leave_out or declared.type == "children":
            continue
        if declared.type == "services" and declared.codes:
            parts |= _answers(pathway, declared, choices)
        else:
            parts[declared.name] = field_for(pathway, declared, choices, today)
    parts[OCCURRED] = MomentParts("When did this happen?", description=WHEN)
    return type("ActionForm", (ActionForm,), parts)


def label_of(declared: Field) -> str:
    return f"{declared.title} (optional)" if declared.required is False else declared.title


def field_for(pathway: Pathway, declared: Field, choices: Choices, today: date) -> Any:
    """The form field of what an action or a form declares."""
    label, hint = label_of(declared), declared.hint
    if declared.type in {"person", "team"}:
        return Select(label, description=hint, choices={"": "Choose", **choices.get(declared.name, {})})
    if declared.type == "services":
        return _picker(declared, label, choices)
    if declared.type in {"choice", "choices"}:
        return _choice(pathway, declared, choices, today)
    kinds: dict[str, Any] = {
        "text": Text,
        "long_text": LongText,
        "date": DateParts,
        "moment": MomentParts,
        "yes_no": YesNo,
    }
    if declared.type == "score":
        return Number(label, description=hint or _range(declared), input_mode="numeric", width="3")
    return kinds[declared.type](label, description=hint)


def _picker(declared: Field, label: str, choices: Choices) -> Any:
    """Services to search and to choose; what goes with the search comes under the field's name and a colon."""
    name = declared.name
    return ServicePicker(
        label,
        description=declared.hint,
        choices=dict(choices.get(name, {})),
        default=list(choices.get(f"{name}:ticked", {})),
        needs=choices.get(f"{name}:needs", {}),
        told=choices.get(f"{name}:told", {}).get("words", ""),
    )


def offered(pathway: Pathway, declared: Field, today: date) -> dict[str, str]:
    """Codes that are valid today, and those that ended lately: what happened before may still be recorded."""
    return {
        code: entry.label
        for code, entry in pathway.choices(declared).items()
        if entry.is_valid_on(today) or (entry.valid_to and today - LATELY <= entry.valid_to < today)
    }


def _choice(pathway: Pathway, declared: Field, choices: Choices, today: date) -> Any:
    codes = choices.get(declared.name) or offered(pathway, declared, today)
    label, hint = label_of(declared), declared.hint
    if declared.type == "choices":
        return Checkboxes(label, description=hint, choices=dict(codes))
    if len(codes) > MANY:
        return Select(label, description=hint, choices={"": "Choose", **codes})
    levels = {level.code or level.key: level.description for level in pathway.levels}
    hints = levels if declared.sets == "level_of_need" else {}
    return Radios(label, description=hint, choices=dict(codes), hints=hints)


def _answers(pathway: Pathway, declared: Field, choices: Choices) -> dict[str, Any]:
    """One question for each service: did the family reach it?"""
    codes = {code: entry.label for code, entry in pathway.choices(declared).items()}
    return {
        f"{SERVICE}{declared.name}:{key}": Radios(name, choices=codes)
        for key, name in choices.get(declared.name, {}).items()
    }


def _range(declared: Field) -> str:
    if declared.min is not None and declared.max is not None:
        return f"A whole number from {declared.min} to {declared.max}"
    return ""
