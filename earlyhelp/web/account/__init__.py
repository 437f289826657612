"""Signing in and out."""

from earlyhelp.web.account import diary, second_step, security
from earlyhelp.web.account.views import blueprint

blueprints = (blueprint, second_step.blueprint, security.blueprint, diary.blueprint)

__all__ = ["blueprint", "blueprints"]
