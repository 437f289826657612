"""Heavy libraries that only some requests need, loaded when first used: a process starts sooner and stays smaller.

    if TYPE_CHECKING:
        import icalendar
    else:
        icalendar = OnDemand("icalendar")

The one way to do so here; annotations that name such a library are quoted. An import inside a function hides what a
module depends on.
"""

from importlib import import_module
from typing import Any


class OnDemand:
    """Stands for a module. Safe from any number of threads, as importing is."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)
