"""Refuse a coverage report (JSON) whose branches are covered too little, folder by folder.

python -m tests.support.branch_coverage coverage.json --at-least 95 earlyhelp/pathway earlyhelp/casework
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("--at-least", type=float, required=True)
    parser.add_argument("folders", nargs="+")
    asked = parser.parse_args()
    files = json.loads(asked.report.read_text())["files"]
    shares = {folder: share(files, folder) for folder in asked.folders}
    for folder, percent in shares.items():
        print(f"{folder}: {percent:.1f} % of branches covered, {asked.at_least:g} % wanted")
    return 1 if any(percent < asked.at_least for percent in shares.values()) else 0


def share(files: dict[str, Any], folder: str) -> float:
    """Percent of branches; 0 for a folder that was never measured, which is a mistake and not a success."""
    summaries = [entry["summary"] for path, entry in files.items() if path.startswith(f"{folder}/")]
    wanted = sum(summary["num_branches"] for summary in summaries)
    covered = sum(summary["covered_branches"] for summary in summaries)
    return 100.0 * covered / wanted if wanted else 0.0


if __name__ == "__main__":
    sys.exit(main())
