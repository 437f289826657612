"""`worker`: the scheduler process."""

import argparse

from earlyhelp.cli import opening
from earlyhelp.scheduler import run_worker


def worker(_arguments: argparse.Namespace) -> int:
    """Sweep the clocks and do what else is due, until stopped. Refuses to start as `serve` does."""
    settings = opening.settings()
    opening.refuse_unready(settings)
    run_worker(settings)
    return 0
