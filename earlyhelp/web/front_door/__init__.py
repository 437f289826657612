"""The front door: the queue of contacts to decide, and recording a new one."""

from earlyhelp.web.front_door.views import blueprint

__all__ = ["blueprint"]
