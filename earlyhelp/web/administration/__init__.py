"""For administrators: people, teams, pathways, messages, the calendar, the state of the scheduler."""

from earlyhelp.web.administration import (
    calendar,
    messages,
    pathways,
    replays,
    services,
    sign_ins,
    teams,
    webhooks,
)
from earlyhelp.web.administration.views import blueprint

blueprints = (
    blueprint,
    messages.blueprint,
    calendar.blueprint,
    webhooks.blueprint,
    teams.blueprint,
    services.blueprint,
    pathways.blueprint,
    replays.blueprint,
    sign_ins.blueprint,
)

__all__ = ["blueprint", "blueprints"]
