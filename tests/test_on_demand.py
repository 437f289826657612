"""What only some requests need is not loaded by all processes."""

import subprocess
import sys

SLOW = ("sqlalchemy", "flask", "jinja2", "pydantic")
"""What every process needs, but for one that only says how it is used."""
HEAVY = (
    "typst",
    "xlsxwriter",
    "odswriter",
    "python_calamine",
    "icalendar",
    "webauthn",
    "segno",
    "pyotp",
    "limits",
    "prometheus_client",
    "authlib",
    "joserfc",
    "alembic",
    "mako",
)
NOT_OF_WEB = ("requests", "cryptography")
"""Partners' systems are asked by the worker alone, which signs the history, too."""


def test_no_process_begins_with_libraries_that_it_may_never_need() -> None:
    asked = f"""
import sys
def loaded(*names): print(*(name for name in names if name in sys.modules), sep=",")
import earlyhelp.cli.entry; loaded(*{(*SLOW, *HEAVY)!r})
import earlyhelp.cli.serving; loaded(*{(*HEAVY, *NOT_OF_WEB)!r})
import earlyhelp.cli.scheduling; loaded(*{HEAVY!r})
"""
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    help_alone, web, worker = answer.stdout.split("\n")[:3]
    assert (help_alone, web, worker) == ("", "", "")


def test_pathway_files_are_read_without_the_tables_of_a_database() -> None:
    asked = (
        "import sys, earlyhelp.cli.pathways; print(*(n for n in sys.modules if n.startswith('earlyhelp.')))"
    )
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    parts = {name.split(".")[1] for name in answer.stdout.split()}
    assert "pathway" in parts
    assert not parts & {"records", "casework", "web"}
