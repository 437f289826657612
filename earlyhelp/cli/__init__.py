"""The same verbs for a terminal: parse, call, print. Exit 0 only on success, errors in one line on stderr.

A verb is a line in `verbs.py`, its arguments in `arguments/`, and a function in a file named by its group. Only the
chosen verb's file is loaded, so that `--help` answers at once.
"""

from earlyhelp.cli.entry import main

__all__ = ["main"]
