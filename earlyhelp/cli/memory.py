"""Giving memory back to the machine, where the C library is glibc: Python leaves that to it, and it keeps much.

Each thread would have a heap of its own. And once a buffer as large as a password check's (19 MiB) has been let go,
glibc takes the next from a heap, and keeps up to twice as much of each heap for the next time.
"""

import ctypes
import gc

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # malloc.h
_HEAPS = 1
_LARGE = 1024 * 1024
"""Bytes: buffers of this size are the machine's own and go back to it at once."""
_C = ctypes.CDLL(None)


def keep_little() -> None:
    """From now on. Before threads are started, or each of them has a heap already."""
    if hasattr(_C, "mallopt"):
        for what, value in ((_ARENA_MAX, _HEAPS), (_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _LARGE)):
            _C.mallopt(what, value)


def give_back() -> None:
    """What lies free between things in use. Takes some milliseconds."""
    if hasattr(_C, "malloc_trim"):
        _C.malloc_trim(0)


def settle() -> None:
    """Whatever is kept by now, Python looks through no more for what can be let go. Takes a tenth of a second.

    What had settled before is looked through once more: a statement that has been forgotten since holds itself. What
    others are about at this moment counts as kept too: so a few times in the life of a process, and not often.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.collect()  # or Python would wait for a quarter as much garbage as has settled
