"""Signing in and out."""

from earlyhelp.web.account.views import blueprint

__all__ = ["blueprint"]
