"""The scheduler process: a ticker that lets the clocks be swept and the messages be sent. Any number may run."""

from earlyhelp.scheduler.worker import run_once, run_worker, start_background

__all__ = ["run_once", "run_worker", "start_background"]
