"""What families and others said of the service, as rows that measures count."""

from typing import Any

from sqlalchemy import Integer, Select, cast, literal, null, select

from earlyhelp.insight.measures.known import recorded_by
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.records.feedback import Feedback

COLUMNS: tuple[Any, ...] = (
    Feedback.case_id,
    literal(0).label("sequence"),
    Feedback.id.label("feedback_id"),
    Feedback.team_id,
    cast(null(), Integer).label("lead_professional_id"),
    Feedback.kind,
    Feedback.stage,
    Feedback.score,
    Feedback.received_on.label("day"),
)


def feedback(scene: Scene) -> Select[Any]:
    """Compliments, complaints and satisfaction by the day they were received. Some belong to no case."""
    return select(*COLUMNS).where(
        *recorded_by(scene.known, Feedback.recorded_at), *scene.within.holds(Feedback.received_on)
    )
