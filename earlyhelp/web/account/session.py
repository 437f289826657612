"""The session of a signed-in person: how long it lasts, and that raising their epoch ends every one."""

from datetime import datetime, timedelta

from flask import Flask, g, session
from flask_login import LoginManager, UserMixin, login_user, logout_user

from earlyhelp.permissions import Person, load_person
from earlyhelp.records.database import reading
from earlyhelp.web.services import services

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
SINCE, SEEN = "since", "seen"


class SignedIn(UserMixin):
    """Flask-Login's view of a person."""

    def __init__(self, person: Person) -> None:
        self.person = person

    def get_id(self) -> str:
        return f"{self.person.id}:{self.person.session_epoch}"


def watch_sessions(manager: LoginManager, app: Flask) -> None:
    manager.session_protection = None  # our own limits below; addresses change on mobile networks
    manager.user_loader(_load)
    app.after_request(_touch)


def begin_session(person: Person) -> None:
    """A fresh session: nothing of the one before is kept, so that none can be planted."""
    now = services().now().isoformat()
    session.clear()
    session.permanent = True
    session[SINCE] = session[SEEN] = now
    login_user(SignedIn(person))


def end_session() -> None:
    logout_user()
    session.clear()


def _load(text: str) -> SignedIn | None:
    user_id, _, epoch = text.partition(":")
    if not user_id.isdigit() or not _still_lasts():
        return None
    with reading(services().engine) as connection:
        person = load_person(connection, user_id=int(user_id), now=services().now())
    return SignedIn(person) if person and str(person.session_epoch) == epoch else None


def _still_lasts() -> bool:
    try:
        since, seen = datetime.fromisoformat(session[SINCE]), datetime.fromisoformat(session[SEEN])
    except (KeyError, ValueError):
        return False
    now = services().now()
    return now - since < LONGEST and now - seen < IDLE


def _touch(response: object) -> object:
    """Move the idle limit on, at most once a minute, so that most answers carry no new cookie.

    Only for whom the session let in: the answer that says "sign in" must not bring an ended session back to life.
    """
    if SEEN in session and "person" in g:
        now = services().now()
        if now - datetime.fromisoformat(session[SEEN]) > timedelta(minutes=1):
            session[SEEN] = now.isoformat()
    return response
