"""For administrators: somebody's roles, and closing and opening their account. Accounts are never deleted."""

from typing import NamedTuple

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response
from wtforms import Form

from earlyhelp.casework import office_changes, sessions
from earlyhelp.casework.accounts import AccountRefused
from earlyhelp.casework.single_sign_on import is_linked
from earlyhelp.pathway.vocabulary import PEOPLE_ROLES
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.organisation import User, UserRole
from earlyhelp.web.access import permitted, person
from earlyhelp.web.account.session import asking
from earlyhelp.web.forms.fields import Checkboxes
from earlyhelp.web.presenters.words import in_words
from earlyhelp.web.services import services

blueprint = Blueprint("accounts", __name__, url_prefix="/administration/accounts")


class RolesForm(Form):
    roles = Checkboxes(
        "Roles",
        choices={role: in_words(role) for role in PEOPLE_ROLES},
        description="Who has several may do what any of them may. A change signs them out everywhere",
    )


class Account(NamedTuple):
    """Somebody as this page shows them, whether or not they may sign in."""

    id: int
    name: str
    email: str
    active: bool
    roles: tuple[str, ...]
    linked: bool

    @property
    def own(self) -> bool:
        return self.id == person().id


@blueprint.get("/<int:user_id>")
@permitted("administration")
def page(user_id: int) -> str:
    account = _account(user_id)
    return _shown(account, RolesForm(data={"roles": list(account.roles)}))


@blueprint.post("/<int:user_id>")
@permitted("administration")
def change_roles(user_id: int) -> Response | tuple[str, int]:
    account, form = _account(user_id), RolesForm(request.form)
    try:
        if not form.roles.value:
            raise AccountRefused("Select at least one role")
        with transaction(services().engine) as connection:
            office_changes.change_roles(
                connection, user_id=user_id, roles=form.roles.value, by=person().email, now=services().now()
            )
    except AccountRefused as refused:
        return _refused(account, form, refused)
    flash(f"The roles of {account.name} are saved.", "success")
    return redirect(url_for("sign_ins.page"))


@blueprint.post("/<int:user_id>/close")
@permitted("administration")
def close(user_id: int) -> Response | tuple[str, int]:
    account = _account(user_id)
    try:
        with transaction(services().engine) as connection:
            office_changes.close_account(connection, user_id=user_id, by=person().email, now=services().now())
            _note(connection, account, "account_closed")
    except AccountRefused as refused:
        return _refused(account, RolesForm(data={"roles": list(account.roles)}), refused)
    flash(f"The account of {account.name} is closed.", "success")
    return redirect(url_for("accounts.page", user_id=user_id))


@blueprint.post("/<int:user_id>/open")
@permitted("administration")
def open_again(user_id: int) -> Response:
    account = _account(user_id)
    with transaction(services().engine) as connection:
        office_changes.open_account(connection, user_id=user_id, by=person().email, now=services().now())
        _note(connection, account, "account_opened")
    flash(f"The account of {account.name} is open again.", "success")
    return redirect(url_for("accounts.page", user_id=user_id))


@blueprint.post("/<int:user_id>/new-password")
@permitted("administration")
def new_password(user_id: int) -> str | tuple[str, int]:
    """Answered by the page itself, not by a redirect: the password is told this once and kept nowhere."""
    account = _account(user_id)
    try:
        with transaction(services().engine) as connection:
            told = office_changes.make_new_password(
                connection, user_id=user_id, by=person().email, now=services().now()
            )
            _note(connection, account, "password_made")
    except AccountRefused as refused:
        return _refused(account, RolesForm(data={"roles": list(account.roles)}), refused)
    return render_template("administration/account_password.html", account=account, password=told)


def _account(user_id: int) -> Account:
    with reading(services().engine) as connection:
        row = connection.execute(select(User).where(User.id == user_id)).one_or_none()
        if row is None:
            abort(404)
        held = tuple(connection.scalars(select(UserRole.role).where(UserRole.user_id == user_id)))
        linked = is_linked(connection, user_id=user_id)
    return Account(row.id, row.name, row.email, row.active, held, linked)


def _note(connection: Connection, account: Account, what: str) -> None:
    sessions.note(connection, user_id=account.id, what=what, visitor=asking(), now=services().now())


def _shown(account: Account, form: RolesForm) -> str:
    return render_template("administration/account.html", account=account, form=form)


def _refused(account: Account, form: RolesForm, refused: AccountRefused) -> tuple[str, int]:
    form.roles.errors = [str(refused)]
    return _shown(account, form), 422
