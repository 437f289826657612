"""The front door: the queue of contacts to decide, recording a new one, who is working on which."""

from earlyhelp.web.front_door import claiming, contacts, drafting, owed, queue
from earlyhelp.web.front_door.door import blueprint

PAGES = (claiming, contacts, drafting, owed, queue)
"""Imported so that every page is on the blueprint."""

__all__ = ["blueprint"]
