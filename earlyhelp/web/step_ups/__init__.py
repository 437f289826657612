"""Social care's inbox of step ups."""

from earlyhelp.web.step_ups.views import blueprint

__all__ = ["blueprint"]
