"""What this council calls things, for pages that show cases of more than one pathway.

A page of one case speaks the words of that case's pathway. The others speak those of the pathway on which the front
door receives contacts.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import current_app

from earlyhelp.casework.own_words import terms_of_the_front_door
from earlyhelp.pathway.terms import respoken
from earlyhelp.records.database import reading
from earlyhelp.web.services import services

KEPT = "earlyhelp own words"
KEPT_FOR = timedelta(minutes=1)
"""Words change when a version is published: not worth a query on every page."""


def own_word(name: str) -> str:
    """What is called so here, within a sentence."""
    return own_terms().get(name, name.replace("_", " "))


def own_title(name: str) -> str:
    """The same to begin a line: the rest keeps its letters, for it may hold a name."""
    words = own_word(name)
    return words[:1].upper() + words[1:]


def in_own_words(text: str) -> str:
    """Words of ours that name what councils call differently, as this one does."""
    return respoken(text, own_terms())


def own_terms() -> Mapping[str, str]:
    now = services().now()
    kept: tuple[datetime, Mapping[str, str]] | None = current_app.extensions.get(KEPT)
    if kept is None or not kept[0] <= now < kept[0] + KEPT_FOR:
        with reading(services().engine) as connection:
            kept = (now, terms_of_the_front_door(connection, now=now))
        current_app.extensions[KEPT] = kept
    return kept[1]
