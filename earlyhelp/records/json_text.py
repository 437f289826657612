"""Writing JSON by an encoder that is made once.

`JSONEncoder.encode` has CPython make one anew for each value, which takes longer than to write most of ours.
"""

from collections.abc import Callable
from json import JSONEncoder, encoder as cpython
from typing import Any


def writer_as(plain: JSONEncoder) -> Callable[[Any], str]:
    """Writes what `plain.encode` writes. Values are not looked through for one that holds itself."""
    made: Any = vars(cpython)["c_make_encoder"]
    if made is None:  # a Python without it
        return plain.encode
    parts = made(
        None,
        plain.default,
        cpython.encode_basestring_ascii if plain.ensure_ascii else cpython.encode_basestring,
        plain.indent,
        plain.key_separator,
        plain.item_separator,
        plain.sort_keys,
        plain.skipkeys,
        plain.allow_nan,
    )
    return lambda value: "".join(parts(value, 0))
