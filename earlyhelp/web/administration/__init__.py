"""For administrators: people, teams, pathways, messages, the calendar, the state of the scheduler."""

from earlyhelp.web.administration import (
    accounts,
    calendar,
    changes,
    imports,
    messages,
    pathways,
    replays,
    retention,
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
    imports.blueprint,
    pathways.blueprint,
    replays.blueprint,
    retention.blueprint,
    sign_ins.blueprint,
    changes.blueprint,
    accounts.blueprint,
)

__all__ = ["blueprint", "blueprints"]
