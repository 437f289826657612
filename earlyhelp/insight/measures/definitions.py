"""Every measure, once: key, plain English, which events it counts and how, which way is better."""

from collections.abc import Mapping

from earlyhelp.insight.measures.defined_early_help import EARLY_HELP
from earlyhelp.insight.measures.defined_front_door import FRONT_DOOR
from earlyhelp.insight.measures.defined_timeliness import TIMELINESS
from earlyhelp.insight.measures.defined_workload import WORKLOAD
from earlyhelp.insight.measures.measure import Measure

GROUPS: Mapping[str, tuple[Measure, ...]] = {
    "Front door": FRONT_DOOR,
    "Early help": EARLY_HELP,
    "Timeliness": TIMELINESS,
    "Workload and feedback": WORKLOAD,
}
"""In the order in which pages and papers show them."""
LIST: tuple[Measure, ...] = tuple(measure for group in GROUPS.values() for measure in group)
MEASURES: Mapping[str, Measure] = {measure.key: measure for measure in LIST}
