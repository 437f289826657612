"""How alike two names are, as far as it can be said in words."""

from enum import Enum
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from earlyhelp.matching.names import REMEMBERED, WELL_KNOWN, Written, sound, stands_for, written

ONE_SLIP_FROM = 4
"""Letters a name must have before one slip of the pen still leaves it the same name."""
TWO_SLIPS_FROM = 8
CLOSE, CLOSE_IN_SOUND = 0.93, 0.78


class Likeness(Enum):
    """What can be said of two names, or of two parts of them."""

    SAME = "same"
    FORM = "form"
    """a short or other form of the same name"""
    PART = "part"
    """one of several parts is the same"""
    ALIKE = "alike"
    """written or sounding alike"""
    INITIAL = "initial"
    MISSING = "missing"
    DIFFERENT = "different"


@lru_cache(maxsize=REMEMBERED)
def likeness_of_given(one: str, other: str) -> Likeness:
    """Of two given names. Two well-known names that are no forms of one another are different, however alike."""
    mine, theirs = written(one), written(other)
    whole = _whole(mine, theirs)
    if whole is not None:
        return whole
    if mine.joined in WELL_KNOWN and theirs.joined in WELL_KNOWN:
        related = stands_for(mine.joined) & stands_for(theirs.joined)
        return Likeness.FORM if related else Likeness.DIFFERENT
    if len(mine.joined) == 1 or len(theirs.joined) == 1:
        return Likeness.INITIAL if mine.joined[0] == theirs.joined[0] else Likeness.DIFFERENT
    if any(stands_for(a) & stands_for(b) for a in mine.spellings for b in theirs.spellings):
        return Likeness.PART if set(mine.parts) & set(theirs.parts) else Likeness.FORM
    return Likeness.ALIKE if _any_alike(mine, theirs) else Likeness.DIFFERENT


@lru_cache(maxsize=REMEMBERED)
def likeness_of_family(one: str, other: str) -> Likeness:
    """Of two family names. Half of a double-barrelled name is one part the same."""
    mine, theirs = written(one), written(other)
    whole = _whole(mine, theirs)
    if whole is not None:
        return whole
    if {part for part in mine.parts if len(part) > 2} & {part for part in theirs.parts if len(part) > 2}:
        return Likeness.PART
    return Likeness.ALIKE if _any_alike(mine, theirs) else Likeness.DIFFERENT


def _whole(mine: Written, theirs: Written) -> Likeness | None:
    if not mine or not theirs:
        return Likeness.MISSING
    same = mine.joined == theirs.joined or sorted(mine.parts) == sorted(theirs.parts)
    return Likeness.SAME if same else None


def _any_alike(mine: Written, theirs: Written) -> bool:
    return any(
        _alike(a, b)
        for a in mine.spellings
        for b in theirs.spellings
        if not (a in WELL_KNOWN and b in WELL_KNOWN and not stands_for(a) & stands_for(b))
    )


def _alike(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    slips = DamerauLevenshtein.distance(one, other, score_cutoff=2)
    if (slips <= 1 and shorter >= ONE_SLIP_FROM) or (slips <= 2 and shorter >= TWO_SLIPS_FROM):
        return True
    closeness = JaroWinkler.similarity(one, other)
    return closeness >= CLOSE or (closeness >= CLOSE_IN_SOUND and sound(one) == sound(other))
