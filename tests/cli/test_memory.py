"""What is let go leaves the process: else four threads that check a password keep 80 MiB."""

import ctypes
import gc
import subprocess
import sys
import weakref

import pytest

from earlyhelp.cli.memory import settle

KEEPS = """
import ctypes, sys, threading
from pathlib import Path
from earlyhelp.cli.memory import give_back, keep_little

C = ctypes.CDLL(None)
C.malloc.restype, C.malloc.argtypes, C.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
LARGE, SMALL = 19 * 2**20, 50_000

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def used(size, times):
    taken = [C.malloc(size) for _ in range(times)]
    for place in taken:
        ctypes.memset(place, 1, size)
    for place in taken[:-1]:
        C.free(place)  # the last of many small ones keeps the heap from shrinking by itself

def in_threads(size, times):
    threads = [threading.Thread(target=used, args=(size, times)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

keep_little()
used(LARGE, 2)
before = resident()
in_threads(LARGE, 2)
after_large = resident() - before - 4 * LARGE
in_threads(SMALL, 200)
give_back()
print(after_large // 2**20, (resident() - before - 4 * LARGE) // 2**20)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="not glibc")
def test_large_buffers_leave_at_once_and_others_when_they_are_given_back() -> None:
    told = subprocess.check_output([sys.executable, "-c", KEEPS], text=True)
    after_large, after_small = map(int, told.split())
    assert after_large <= 2
    assert after_small <= 5


class Ring:
    """Refers to itself, so that only looking for garbage lets it go."""

    def __init__(self) -> None:
        self.itself = self


def test_what_settles_is_looked_through_no_more_and_garbage_does_not_settle() -> None:
    garbage, kept = Ring(), Ring()
    was_garbage = weakref.ref(garbage)
    del garbage
    try:
        settle()
        assert was_garbage() is None
        assert not any(one is kept for one in gc.get_objects())
        was_kept = weakref.ref(kept)
        del kept
        settle()
        assert was_kept() is None
    finally:
        gc.unfreeze()
        gc.freeze()  # as the tests began
