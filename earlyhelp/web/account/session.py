"""The session of a signed-in person: how long it lasts, and that raising their epoch ends every one."""

from datetime import datetime, timedelta

from flask import Flask, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, login_user, logout_user
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from earlyhelp.casework import sessions
from earlyhelp.casework.second_factor import standing
from earlyhelp.casework.sessions import Visitor
from earlyhelp.casework.single_sign_on import is_linked
from earlyhelp.permissions import Person, load_person
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import HELD_BACK
from earlyhelp.web.services import services

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
SINCE, SEEN, KEY = "since", "seen", "key"


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


def asking() -> Visitor:
    """Where this request comes from, as much of it as is kept."""
    return sessions.visitor(address=request.remote_addr or "", agent=request.user_agent.string)


def enter(person: Person, *, method: str, going_to: str | None) -> Response:
    """Let somebody in who has proved who they are. Whose role needs a second factor sets one up before all else."""
    begin_session(person, method=method)
    if method == "password" and person.roles & set(services().settings.second_factor_roles):
        session[HELD_BACK] = going_to or "/"
        return redirect(url_for("security.page"))
    return redirect(going_to or "/")


def begin_session(person: Person, *, method: str, provider_session: str | None = None) -> None:
    """A fresh session: nothing of the one before is kept, so that none can be planted."""
    assert person.id is not None
    now = services().now()
    with transaction(services().engine) as connection:
        key = sessions.open_session(
            connection,
            user_id=person.id,
            method=method,
            visitor=asking(),
            now=now,
            provider_session=provider_session,
        )
    session.clear()
    session.permanent = True
    session[SINCE] = session[SEEN] = now.isoformat()
    session[KEY] = key
    login_user(SignedIn(person))


def end_session() -> None:
    with transaction(services().engine) as connection:
        sessions.end_by_key(connection, key=str(session.get(KEY)), now=services().now())
    logout_user()
    session.clear()


def has_second_factor(user_id: int) -> bool:
    with reading(services().engine) as connection:
        return standing(connection, user_id=user_id).asks


def may_use_local(person: Person) -> bool:
    """Whether this person may sign in here by themselves, not through the council's identity provider.

    Who is linked with an identity there comes in that way only, lest who left a group keeps a way in. Administrators
    may always, for the day on which the provider is away.
    """
    settings = services().settings
    if "administrator" in person.roles or settings.oidc_issuer is None:
        return settings.local_sign_in or "administrator" in person.roles
    with reading(services().engine) as connection:
        return settings.local_sign_in and not is_linked(connection, user_id=person.id or 0)


def _load(text: str) -> SignedIn | None:
    user_id, _, epoch = text.partition(":")
    if not user_id.isdigit() or not _still_lasts():
        return None
    with reading(services().engine) as connection:
        if sessions.lasting(connection, user_id=int(user_id), key=str(session.get(KEY))) is None:
            return None
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
        if now - datetime.fromisoformat(session[SEEN]) > timedelta(minutes=1) and _noted(now):
            session[SEEN] = now.isoformat()
    return response


def _noted(now: datetime) -> bool:
    """False when the database cannot be written to just now: the page is worth more, and the next one tries again."""
    try:
        with transaction(services().engine) as connection:
            sessions.see(connection, key=str(session.get(KEY)), now=now)
    except OperationalError:
        return False
    return True
