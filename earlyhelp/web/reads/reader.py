"""Whose readings are asked for, and whose home is told: chosen by name, or by email address where very many work."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import request
from sqlalchemy import Connection

from earlyhelp.insight.readings import email_of, reader_with, readers
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.web.asking import number_asked
from earlyhelp.web.forms.fields import Select, Text
from earlyhelp.web.forms.plain import PlainForm

LONGEST = 254
UNKNOWN = "Enter the email address of somebody with an account"
_WHOSE = "Whose home?"
# Made before the other field, it is shown before it.
_BY_EMAIL = Text(_WHOSE, description="Their work email address")


class Reader(NamedTuple):
    """Links name a reader by id. Where `offered` is None, people type an email address, which may be nobody's."""

    offered: Mapping[int, str] | None
    user_id: int | None
    email: str = ""
    fault: str = ""


class HomeForm(PlainForm):
    user: Any = Select(_WHOSE)
    postcode = Text("Home postcode", description="Leave it empty to forget the one that is kept", width="10")


class LargeHomeForm(HomeForm):
    """The same where very many work."""

    user = _BY_EMAIL

    def show(self, errors: Mapping[str, list[str]]) -> list[str]:
        """Casework's words are for who selected somebody from a list."""
        return super().show({name: [UNKNOWN] if name == "user" else told for name, told in errors.items()})


def reader_asked(connection: Connection) -> Reader:
    """Who is asked for; nobody is anybody."""
    offered, user_id = readers(connection), number_asked("reader")
    if offered is None and user_id is not None:
        return Reader(None, user_id, email_of(connection, user_id=user_id) or "")
    return Reader(offered, user_id)


def reader_typed(connection: Connection) -> Reader:
    """The same by an email address, which is sent as a form is: addresses of pages lie in histories and logs."""
    typed = CONTROL_CHARACTERS.sub("", request.form.get("email", "")).strip()[:LONGEST]
    found = reader_with(connection, email=typed) if typed else None
    return Reader(None, found, typed, UNKNOWN if typed and found is None else "")


def home_form(connection: Connection) -> HomeForm:
    """With everybody to choose from, unless they are very many."""
    offered = readers(connection)
    if offered is None:
        return LargeHomeForm()
    form = HomeForm()
    form.user.choices = {"": "Choose", **{str(key): name for key, name in offered.items()}}
    return form


def home_given(connection: Connection, form: HomeForm) -> dict[str, Any]:
    """What was typed, with the reader's id."""
    given = form.values()
    if isinstance(form, LargeHomeForm):
        given["user"] = reader_with(connection, email=given["user"])
    return given
