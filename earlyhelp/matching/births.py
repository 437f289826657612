"""How near two dates of birth are: written the other way round, one digit wrong, one year off."""

from datetime import date
from typing import Literal

Nearness = Literal["same", "swapped", "one_digit", "year_off", "different"]


def nearness(one: date, other: date) -> Nearness:
    """The first of these that holds."""
    if one == other:
        return "same"
    if one.year == other.year and (one.day, one.month) == (other.month, other.day):
        return "swapped"
    if (one.day, one.month) == (other.day, other.month) and abs(one.year - other.year) == 1:
        return "year_off"
    return "one_digit" if _one_slip(_digits(one), _digits(other)) else "different"


def _digits(day: date) -> str:
    return f"{day.day:02}{day.month:02}{day.year:04}"


def _one_slip(one: str, other: str) -> bool:
    """One digit typed wrong, or two neighbours of one number changed over. Not the year's first three digits:
    ten years apart is a brother or a parent."""
    wrong = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(wrong) == 1:
        return wrong[0] < 4 or wrong[0] == 7
    neighbours = len(wrong) == 2 and wrong in ([0, 1], [2, 3], [6, 7])
    return neighbours and one[wrong[0]] == other[wrong[1]] and one[wrong[1]] == other[wrong[0]]
