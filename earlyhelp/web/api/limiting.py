"""How often one token may ask: a fixed window of a minute, counted in each web process."""

import time
from functools import cached_property
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from flask import Flask, current_app, g
from werkzeug.wrappers import Response

from earlyhelp.on_demand import OnDemand
from earlyhelp.web.api.problems import Problem

if TYPE_CHECKING:
    import limits
    from limits import storage, strategies
else:
    limits, storage = OnDemand("limits"), OnDemand("limits.storage")
    strategies = OnDemand("limits.strategies")

EXTENSION = "earlyhelp-api-limit"


class Standing(NamedTuple):
    """What is left to a token: requests in this window, and seconds until the next."""

    limit: int
    remaining: int
    seconds: int

    def headers(self) -> dict[str, str]:
        """The names of the IETF draft that most gateways send (draft-ietf-httpapi-ratelimit-headers-03)."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.seconds),
        }


class Limit:
    """The limit of one application."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._beginning = Lock()

    def hit(self, token_id: int) -> tuple[bool, Standing]:
        """Count one request: whether it may pass, and what is left afterwards."""
        with self._beginning:
            windows = self._windows
        allowed = limits.RateLimitItemPerMinute(self._per_minute)
        passes = windows.hit(allowed, str(token_id))
        window = windows.get_window_stats(allowed, str(token_id))
        seconds = max(1, ceil(window.reset_time - time.time()))
        return passes, Standing(allowed.amount, window.remaining, seconds)

    @cached_property
    def _windows(self) -> "strategies.FixedWindowRateLimiter":
        return strategies.FixedWindowRateLimiter(storage.MemoryStorage())


def limit_callers(app: Flask, *, per_minute: int) -> None:
    """Give the application its limit, in requests of one token in a minute."""
    app.extensions[EXTENSION] = Limit(per_minute)


def count_request(token_id: int) -> None:
    """Count this request against its token. Problem 429 when the minute's requests are used up."""
    limit: Limit = current_app.extensions[EXTENSION]
    passes, g.standing = limit.hit(token_id)
    if not passes:
        raise Problem(429, f"At most {g.standing.limit} requests a minute: wait {g.standing.seconds} seconds")


def tell_standing(response: Response) -> Response:
    """Say with every answer what is left to the token, and after a refusal when to come back."""
    standing: Standing | None = g.get("standing")
    if standing is not None:
        response.headers.extend(standing.headers())
        if response.status_code == 429:
            response.headers["Retry-After"] = str(standing.seconds)
    return response
