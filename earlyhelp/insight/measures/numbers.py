"""Conditions as numbers that can be added up."""

from typing import Any

from sqlalchemy import case as when


def as_number(condition: Any) -> Any:
    """1 where it holds, 0 where it does not."""
    return when((condition, 1), else_=0)
