"""What a web process costs before anybody asks it anything: seconds until it could answer, and memory."""

import os
import subprocess
import sys

from benchmarks.measuring import ROUNDS, Figures

ASKED = """
import gc, time
gc.disable()  # as `earlyhelp serve` does meanwhile
begun, worked = time.perf_counter(), time.process_time()
import earlyhelp.app
seconds, worked = time.perf_counter() - begun, time.process_time() - worked
memory = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS"))
print(seconds, worked, memory)
"""


def run() -> Figures:
    """The best of some starts: the first of them may have to write compiled files."""
    allowed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    asked = [sys.executable, "-c", ASKED]
    starts = [
        tuple(map(float, subprocess.check_output(asked, env=allowed, text=True).split()))
        for _ in range(ROUNDS)
    ]
    seconds, worked, memory = (min(column) for column in zip(*starts, strict=True))
    return {
        "start: seconds to load everything (goal 1.5)": seconds,
        "start: seconds of processor time": worked,
        "start: memory of a web process, MiB (goal 120)": memory / 1024,
    }
