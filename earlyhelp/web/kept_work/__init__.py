"""What was sent after a session had ended, given back after signing in again."""

from earlyhelp.web.kept_work.views import blueprint

__all__ = ["blueprint"]
