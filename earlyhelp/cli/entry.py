"""From the words of the command line to the verb's function and its exit code."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from earlyhelp.cli.verbs import GROUPS, VERBS, Verb

REFUSED, USAGE, INTERRUPTED = 1, 2, 130


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with the usage in one line, and where to read more."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {_one_line(message)} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; its exit code comes back, but for usage errors, which leave at once with 2."""
    chosen = build_parser().parse_args(arguments)
    try:
        return _run(chosen)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing may be flushed to it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except Exception as fault:
        words = import_module("earlyhelp.cli.plain_words").words_for(fault)
        if words is None:
            raise
        print(f"earlyhelp: {_one_line(words)}", file=sys.stderr)
        return REFUSED


def build_parser() -> OneLineParser:
    """The parser of every verb. It loads none of them."""
    parser = OneLineParser(prog="earlyhelp", description="Pathways and casework of an early help service.")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    groups: dict[str, Any] = {}
    for verb in VERBS:
        group, _, name = verb.words.rpartition(" ")
        if group and group not in groups:
            own = verbs.add_parser(group, help=GROUPS[group], description=GROUPS[group])
            groups[group] = own.add_subparsers(metavar="VERB", required=True)
        _add(groups[group] if group else verbs, name, verb)
    return parser


def _add(verbs: Any, name: str, verb: Verb) -> None:
    parser = verbs.add_parser(name, help=verb.summary, description=verb.summary)
    verb.arguments(parser)
    parser.set_defaults(verb=verb)


def _run(chosen: argparse.Namespace) -> int:
    module, _, function = chosen.verb.run.partition(":")
    gc.disable()  # what is loaded stays: to look through it while it grows, and at the end, takes a second
    run = getattr(import_module(f"earlyhelp.cli.{module}"), function)
    gc.enable()
    for words in import_module("earlyhelp.settings").not_settings(os.environ):
        print(f"earlyhelp: {words}", file=sys.stderr)
    try:
        code = run(chosen)
        sys.stdout.flush()
    finally:
        gc.freeze()
    return int(code)


def _one_line(words: str) -> str:
    return " ".join(words.split())
