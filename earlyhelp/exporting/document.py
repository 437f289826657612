"""The lists that others define as a page of the documentation, out of the definitions themselves."""

from collections.abc import Iterator

from earlyhelp.exporting.ssd import TABLES
from earlyhelp.insight.event_log import Logged
from earlyhelp.insight.statutory.annex_a import LISTS
from earlyhelp.insight.statutory.gaps import GAPS

BEGINNING = """# Lists and tables that others define

Made from the definitions by `earlyhelp/exporting/document.py`; a test holds this page equal to them. Codes are seeded
by `earlyhelp init`. What the council calls things does not matter here: rows are found by kinds of actions and states,
so that they hold for every pathway. What was recorded late counts on the day on which it happened, and what was
corrected on the day it was corrected to.

## Ofsted ILACS Annex A, lists 1 to 3

```
earlyhelp export annex-a --on 2026-11-18 -o annex-a.xlsx --gaps gaps.csv
```

The day is that as at which is listed: the lists go back six months from it, ages are those on it, and nothing that
happened after it counts. What is missing is told first; `--gaps` writes it row by row, with the page on which each is
mended, and `--strict` writes no workbook while anything is missing. Service managers and analysts find the same under
Scorecard, Lists for inspectors.

The columns' names stand in the first row of each sheet and no other column beside them; dates are dates that
spreadsheets count with. Two rows of one child with the same date and source are kept: they are two contacts. Rows
about restricted records are in the workbook that the terminal makes, and in the one from the page only for who may open
those records; the page says how many are left out.

Published by Ofsted in "Child-level data: additional guidance and template for Annex A", August 2019.
"""
DATASET = """
## Standard Safeguarding Dataset

```
earlyhelp export ssd -o folder
```

One csv for each table, in UTF-8, its fields in the first row in the published order. Cases are in it that are open or
were closed in the last six years, and everybody on them; restricted records too, so keep the folder as what it is. A
date is the datetime of its midnight, `2026-03-02T00:00:00`. Empty is unknown. Text that a spreadsheet would take for a
formula has an apostrophe before it, and text longer than its type is cut.

Service managers and analysts find it under Scorecard, Standard Safeguarding Dataset: what is missing, each line opening
the records, and all tables as a zip. Restricted records are in that one only for who may open them; the page says how
many are left out, and every key joins all the same.

Published by Data to Insight in `ssd-data-model`; names and types are those of its live extract of July 2026. Other
tables of it are for what social care records.
"""
EVENT_LOG = """
## Event log

```
earlyhelp export events --format csv -o events.csv
earlyhelp export events --format xes -o events.xes
```

Service managers and analysts take it under Scorecard, Event log: without restricted cases that they may not open, and
for analysts, who open no cases, without what was written (`fields`).

One row for each event of each case, in order; in XES (IEEE 1849-2016) one trace for each case, whose events carry
`concept:name` (the action), `lifecycle:transition`, `time:timestamp` (when it happened) and `org:resource`, `org:role`
and `org:group` (who, as what, the case's team). The columns of the csv are:
"""


def document() -> str:
    """The whole page, as Markdown."""
    return "".join([BEGINNING, *_annex_a(), DATASET, *_dataset(), EVENT_LOG, _event_log()])


def _annex_a() -> Iterator[str]:
    for definition in LISTS:
        yield f"\n### List {definition.number}: {definition.title}\n\n"
        yield f"Sheet `{definition.sheet}`. {definition.scope}.\n\n"
        yield "| column | type | what it holds |\n| --- | --- | --- |\n"
        for column in definition.columns:
            kind = f"{column.kind}, may be blank" if column.may_be_blank else column.kind
            yield f"| {column.name} | {kind} | {column.meaning} |\n"
        told = [f"{gap.column}: {_begun_small(gap.words)}" for gap in GAPS[definition.number].values()]
        yield "\nTold as missing:\n\n" + "".join(f"- {words}\n" for words in told)


def _dataset() -> Iterator[str]:
    for table in TABLES:
        yield f"\n### {table.name}\n\n{table.about}\n\n"
        yield "| field | type | key | what it holds |\n| --- | --- | --- | --- |\n"
        for field in table.fields:
            yield f"| {field.name} | {field.type} | {field.key} | {field.meaning} |\n"


def _event_log() -> str:
    return "\n" + ", ".join(f"`{name}`" for name in Logged._fields) + ".\n"


def _begun_small(words: str) -> str:
    return words[:1].lower() + words[1:]
