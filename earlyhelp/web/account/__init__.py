"""Signing in and out."""

from earlyhelp.web.account import diary
from earlyhelp.web.account.views import blueprint

blueprints = (blueprint, diary.blueprint)

__all__ = ["blueprint", "blueprints"]
