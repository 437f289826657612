"""Why casework says no, beyond what the engine refuses. Nothing has been written when one of these is raised."""


class NoSuchCase(Exception):
    """There is no such case, or it is not this person's to see: the two must look the same."""


class StaleVersion(Exception):
    """Somebody acted first. `current` is the version the case has now."""

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__(f"Somebody else changed this case: it is at version {current} now")


class KeyReused(Exception):
    """An idempotency key came back with another body."""


class NotAllowed(Exception):
    """This person may not do this at all."""
