"""What somebody sent and could not be saved, shown to them again: nothing that they wrote is lost."""

from collections.abc import Iterable

SHORTEST_SHOWN = 20
"""Letters from which an answer is text that its writer would miss, and is shown."""
NEVER_SHOWN = ("csrf_token", "password", "code", "secret")
"""Parts of the names of fields that are not written into a page again."""


def may_be_shown(name: str) -> bool:
    return not any(part in name.lower() for part in NEVER_SHOWN)


def written(fields: Iterable[tuple[str, str]]) -> list[str]:
    """The texts among the fields of a form."""
    return [text for name, text in fields if len(text) >= SHORTEST_SHOWN and may_be_shown(name)]
