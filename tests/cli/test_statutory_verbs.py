"""`export annex-a` and `export ssd`, as somebody types them."""

import csv
from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook
from sqlalchemy import Engine

from tests.cli.conftest import Run
from tests.insight.statutory import story


def test_the_lists_are_checked_then_written_and_refused_in_words(
    run: Run, tmp_path: Path, environment: dict[str, str], migrated: Callable[[Path], Engine]
) -> None:
    folder = Path(environment["EARLYHELP_INSTANCE_PATH"])
    folder.mkdir()
    engine = migrated(folder / "earlyhelp.db")
    story.lived(engine)
    engine.dispose()
    made = run("export", "annex-a", "--on", "2026-09-01", "-o", "a.xlsx", "--gaps", "gaps.csv")
    assert made.returncode == 0, made.stderr
    assert "List 3, referrals: 5 rows\n" in made.stdout
    assert "  Referral NFA?: Social care has not answered yet: 3 rows\n" in made.stdout
    assert [sheet.max_row for sheet in load_workbook(tmp_path / "a.xlsx")] == [7, 7, 6]
    with (tmp_path / "gaps.csv").open(newline="") as file:
        gaps = list(csv.DictReader(file))
    assert len(gaps) == 12
    assert gaps[0]["where"].endswith(f"/people/{gaps[0]['child']}")
    strict = run("export", "annex-a", "--on", "2026-09-01", "-o", "b.xlsx", "--strict")
    assert strict.returncode == 1
    assert "was not written" in strict.stderr
    assert not (tmp_path / "b.xlsx").exists()
    assert run("export", "annex-a", "--on", "1066-10-14", "-o", "b.xlsx").returncode == 1
    dataset = run("export", "ssd", "-o", "ssd")
    assert dataset.returncode == 0, dataset.stderr
    assert len(list((tmp_path / "ssd").glob("ssd_*.csv"))) == 11
    again = run("export", "ssd", "-o", "ssd")
    assert (again.returncode, "is not empty" in again.stderr) == (1, True)
