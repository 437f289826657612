"""An end that leaves nothing running, also when somebody ends a measurement that takes long."""

import signal
import sys
from collections.abc import Callable

INTERRUPTED, TERMINATED = 130, 143


def run_to_the_end(work: Callable[[], int]) -> None:
    """Leave the program with the exit code of `work`; Ctrl-C and SIGTERM let it stop what it started first."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background programs begin without
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        code = work()
    except KeyboardInterrupt:
        print("Interrupted. What was started has been stopped.", file=sys.stderr)
        code = INTERRUPTED
    sys.exit(code)
