"""`sweep`: one sweep of the clocks, now or as if at another moment."""

import argparse
import json

from earlyhelp.cli import opening
from earlyhelp.scheduler import run_once

WORKER = "command line"


def sweep_once(arguments: argparse.Namespace) -> int:
    """Raise every stage that fell due, put the messages in the outbox, and say how many of each."""
    settings = opening.settings()
    with opening.ready_database(settings) as engine:
        now = arguments.at or opening.now()
        swept = run_once(engine, base_url=settings.base_url, now=now, worker=WORKER)
    counts = {
        "warnings": swept.warnings,
        "breaches": swept.breaches,
        "escalations": swept.escalations,
        "resolved": swept.resolved,
    }
    if arguments.json:
        print(json.dumps(counts))
    else:
        print(", ".join(f"{number} {what}" for what, number in counts.items()))
    return 0
