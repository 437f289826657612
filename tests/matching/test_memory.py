"""What is remembered of names, so that a list is gone through quickly, leaves a web process its memory."""

import gc
import tracemalloc
from itertools import islice, product

from earlyhelp.casework.people import sound_key
from earlyhelp.matching.described import Described
from earlyhelp.matching.keys import sought_and_stored_keys
from earlyhelp.matching.likeness import likeness_of_family, likeness_of_given
from earlyhelp.matching.names import REMEMBERED

MOST = 5 * 2**20
PARTS = ("Wenna", "Jory", "tre", "pen", "kara", "mor", "loveday", "sum", "vik", "oy")


def test_all_that_is_remembered_of_names_is_below_five_mebibytes() -> None:
    names = ["".join(parts) for parts in islice(product(PARTS, repeat=4), REMEMBERED)]
    tracemalloc.start()
    try:
        go_through(names)
        gc.collect()
        assert MOST / 4 < tracemalloc.get_traced_memory()[0] < MOST
    finally:
        tracemalloc.stop()


def go_through(names: list[str]) -> None:
    for given, family in zip(names, reversed(names), strict=True):
        sought_and_stored_keys(Described(given_name=given, family_name=family))
        likeness_of_given(given, family)
        likeness_of_family(given, family)
        sound_key(family)
