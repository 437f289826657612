"""For administrators: people, teams, pathways, messages, the calendar, the state of the scheduler."""

from earlyhelp.web.administration import calendar, messages
from earlyhelp.web.administration.views import blueprint

blueprints = (blueprint, messages.blueprint, calendar.blueprint)

__all__ = ["blueprint", "blueprints"]
