"""How a verb says no."""


class CommandRefused(Exception):
    """The verb cannot do what was asked; the words are one line for the person at the terminal."""
