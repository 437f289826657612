"""For machines that watch: is it alive, and how much is there."""

from earlyhelp.web.health.views import blueprint

__all__ = ["blueprint"]
