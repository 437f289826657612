"""Accounts and teams by name, a page at a time, for administrators: there may be thousands."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    exists,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute

from earlyhelp.records.organisation import Team, User
from earlyhelp.records.sign_in import Passkey, SecondFactor

PAGE = 25
"""Whoever looks for one of thousands types a part of the name; twice as many are twelve screens of a telephone."""
MOST_WORDS = 8


def listed_accounts(
    connection: Connection, *, words: str = "", after: int | None = None, closed: bool = False
) -> Sequence[Row[int, str, str, bool, bool]]:
    """One page and one row more of those whose name or email has all these words. Closed accounts come last.

    `after` is the id of the last account that was shown, and `closed` whether it was then: it may have been closed or
    opened since, and nobody is passed over for it. Each says whether a second factor stands at their door.
    """
    wanted = select(User.id, User.name, User.email, User.active)
    wanted = wanted.where(*_have(words, User.name, User.email))
    if after is not None:
        last = connection.execute(select(User.name, User.id).where(User.id == after)).one_or_none()
        if last is None:
            return []
        later = tuple_(User.name, User.id) > last
        wanted = wanted.where(~User.active & later if closed else ~User.active | later)
    # Only the page's own are asked for their second factor.
    shown = wanted.order_by(User.active.desc(), User.name, User.id).limit(PAGE + 1).subquery().c
    confirmed = or_(
        exists().where(SecondFactor.user_id == shown.id, SecondFactor.confirmed_at.is_not(None)),
        exists().where(Passkey.user_id == shown.id),
    )
    return connection.execute(
        select(
            shown.id, shown.name, shown.email, shown.active, confirmed.label("has_second_factor")
        ).order_by(shown.active.desc(), shown.name, shown.id)
    ).all()


def listed_teams(connection: Connection, *, words: str = "", after: int | None = None) -> Sequence[Row[Any]]:
    """One page and one row more of the teams whose name or locality has all these words, with who works in each.

    `after` is the id of the last team that was shown.
    """
    wanted = select(Team).where(*_have(words, Team.name, Team.locality))
    if after is not None:
        wanted = wanted.where(Team.name > select(Team.name).where(Team.id == after).scalar_subquery())
    shown = wanted.order_by(Team.name).limit(PAGE + 1).subquery()
    # Of each team by itself: joined, PostgreSQL reads all staff of the council for a page.
    staff = (User.team_id == shown.c.id, User.active)
    workers = select(func.count()).where(*staff).scalar_subquery()
    fte = select(func.coalesce(func.sum(User.fte), 0)).where(*staff).scalar_subquery()
    return connection.execute(
        select(shown, workers.label("workers"), fte.label("fte")).order_by(shown.c.name)
    ).all()


def _have(words: str, *places: InstrumentedAttribute[Any]) -> list[ColumnElement[bool]]:
    """Each word in one of the places, in any case; as it was typed too, for SQLite lowers only A to Z."""
    return [
        or_(
            *(
                has
                for place in places
                for has in (place.contains(word, autoescape=True), _lowered(place, word))
            )
        )
        for word in words.split()[:MOST_WORDS]
    ]


def _lowered(place: InstrumentedAttribute[Any], word: str) -> ColumnElement[bool]:
    return func.lower(place).contains(word.lower(), autoescape=True)
