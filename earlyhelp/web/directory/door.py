"""The blueprint of the directory, and the list of services that a person has put together."""

from flask import Blueprint, session

from earlyhelp.web.cases.service_choices import CHOSEN

blueprint = Blueprint("directory", __name__)
MOST_CHOSEN = 20


def chosen_keys() -> list[str]:
    """Keys of the services on this person's list, in the order in which they chose them."""
    kept = session.get(CHOSEN, [])
    return [key for key in kept if isinstance(key, str)][:MOST_CHOSEN] if isinstance(kept, list) else []


def choose(keys: list[str]) -> None:
    session[CHOSEN] = list(dict.fromkeys(keys))[:MOST_CHOSEN]
