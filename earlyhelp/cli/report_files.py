"""Where a report goes: into the file that was named, or onto standard output if it is text."""

import argparse
import sys

from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.exporting import ExportedFile

TEXTS = {"csv", "json", "html"}


def refuse_what_is_no_text(arguments: argparse.Namespace) -> None:
    """Asked before the report is made, which may take a while."""
    if arguments.output is None and arguments.file_format not in TEXTS:
        raise CommandRefused(f"{arguments.file_format} is not text: say with -o which file to write")


def put(made: ExportedFile, arguments: argparse.Namespace) -> None:
    if arguments.output is None:
        sys.stdout.write(made.content.decode("utf-8-sig"))
        return
    try:
        arguments.output.write_bytes(made.content)
    except OSError as fault:
        raise CommandRefused(f"{arguments.output} cannot be written: {fault.strerror}") from None
