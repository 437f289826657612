"""Signing in and out."""

from earlyhelp.web.account import diary, passkeys, second_step, security, sessions, single_sign_on
from earlyhelp.web.account.views import blueprint

blueprints = (
    blueprint,
    second_step.blueprint,
    passkeys.blueprint,
    security.blueprint,
    sessions.blueprint,
    single_sign_on.blueprint,
    diary.blueprint,
)

__all__ = ["blueprint", "blueprints"]
