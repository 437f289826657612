"""For administrators: people, teams, pathways, the state of the scheduler."""

from earlyhelp.web.administration.views import blueprint

__all__ = ["blueprint"]
