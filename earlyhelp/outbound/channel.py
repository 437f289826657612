"""What a channel is given, what it promises, and how it says no."""

from typing import NamedTuple, Protocol


class Letter(NamedTuple):
    """One message to one address. `key` names its cause for ever: a channel uses it to know the message again."""

    key: str
    to: str
    subject: str
    body: str
    tried_before: bool
    """Whether an earlier attempt may have got through: nobody knows."""


class Channel(Protocol):
    """Hands letters on. Returning means that the letter was taken; NotTaken or Undeliverable that it was not."""

    def send(self, letter: Letter) -> None: ...


class NotTaken(Exception):
    """The letter was not taken, or nobody knows; try again later. The words are for an administrator."""


class Undeliverable(Exception):
    """The letter can never be taken as it is; trying again would not help."""
