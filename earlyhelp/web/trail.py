"""What an error of ours leaves in the log: where it happened, never its words, which may hold what somebody typed."""

import traceback


def trail(error: BaseException) -> str:
    """The kind of the error and the lines of the program that led to it, then those of what it came from."""
    parts: list[str] = []
    came_from: BaseException | None = error
    while came_from is not None and len(parts) < 10:
        lines = "".join(traceback.format_tb(came_from.__traceback__))
        parts.append(f"{type(came_from).__name__}\n{lines}")
        came_from = came_from.__cause__ or came_from.__context__
    return "from ".join(parts)
