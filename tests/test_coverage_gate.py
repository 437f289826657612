"""The coverage gate lets nothing through that it did not measure."""

from typing import Any

from tests.support.branch_coverage import share

FILES: dict[str, Any] = {
    "earlyhelp/pathway/clocks.py": {"summary": {"num_branches": 8, "covered_branches": 7}},
    "earlyhelp/pathway/calendar.py": {"summary": {"num_branches": 2, "covered_branches": 2}},
    "earlyhelp/web/pages.py": {"summary": {"num_branches": 10, "covered_branches": 0}},
}


def test_a_folder_is_judged_by_all_of_its_branches_and_no_others() -> None:
    assert share(FILES, "earlyhelp/pathway") == 90.0


def test_a_folder_that_was_not_measured_has_no_coverage() -> None:
    assert share(FILES, "earlyhelp/casework") == 0.0
