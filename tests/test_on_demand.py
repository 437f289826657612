"""What only some requests need is not loaded by all processes."""

import subprocess
import sys

HEAVY = (
    "typst",
    "xlsxwriter",
    "odswriter",
    "python_calamine",
    "icalendar",
    "webauthn",
    "authlib",
    "joserfc",
    "requests",
)


def test_a_web_process_begins_without_the_heavy_libraries() -> None:
    asked = f"import sys, earlyhelp.app; print([name for name in {HEAVY!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
