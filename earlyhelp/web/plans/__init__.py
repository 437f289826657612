"""The family's plan: goals, actions, progress, distance travelled, and the family's own copy."""

from earlyhelp.web.plans import actions, family, goals, views
from earlyhelp.web.plans.entry import blueprint

PAGES = (actions, family, goals, views)
"""Imported so that every page is on the blueprint."""

__all__ = ["blueprint"]
