"""W5: what is done to a case, by the API: the answer to its contact and to each action until it is closed.

One case after the other, in councils of several sizes in turns: an action may not take longer where more people work
and more cases lie. Each answer is the whole request: token, permission, casework, COMMIT, and the case as it is then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks.councils import Councils, busiest
from benchmarks.filling import UNTIL
from benchmarks.lists import in_words
from benchmarks.measuring import Figures, spread_of, timed
from benchmarks.pages import Website, over_sizes
from benchmarks.whole_case import LIFE, TOLD, child
from earlyhelp.casework.tokens import create_token
from earlyhelp.records.database import transaction
from earlyhelp.records.organisation import Team, User, UserRole

CASES = 40
_NUMBERS = count(100_000)
"""Beyond those of the other parts: children whom nobody knows."""


@dataclass(frozen=True)
class Desk:
    """One council, asked by the tokens of those who take each action."""

    asker: FlaskClient
    tokens: Mapping[str, str]
    words: Mapping[str, str]
    """What the fields of an action name here: a team, and who leads."""

    def live(self) -> dict[str, float]:
        """One case, and how many milliseconds each answer took."""
        told = {"children": [child(next(_NUMBERS))], **TOLD}
        case, taken = self._ask("screener", "contacts", told)
        of_each = {"contact": taken}
        for action, who, _, fields in LIFE:
            said = {name: self.words.get(name, value) for name, value in fields.items()}
            asked = {"version": case["version"], "fields": said}
            case, of_each[action] = self._ask(who, f"cases/{case['reference']}/actions/{action}", asked)
        return of_each

    def _ask(self, who: str, where: str, body: Mapping[str, Any]) -> tuple[Any, float]:
        bearer = {"Authorization": f"Bearer {self.tokens[who]}"}
        answers: list[Any] = []
        taken = timed(lambda: answers.append(self.asker.post(f"/api/v1/{where}", json=body, headers=bearer)))
        assert answers[0].status_code in {200, 201}, (where, answers[0].json)
        return answers[0].json, taken * 1000


def desk(site: Website) -> Desk:
    """The busiest screener, the busiest worker, and a manager of their team."""
    with transaction(site.council.engine) as connection:
        lead = busiest(connection, "lead_professional")
        manager = connection.execute(
            select(User.id)
            .join(UserRole, UserRole.user_id == User.id)
            .where(UserRole.role == "manager", User.team_id == lead.team_id, User.active)
            .limit(1)
        ).scalar_one()
        team = connection.execute(select(Team.key).where(Team.id == lead.team_id)).scalar_one()
        people = {"screener": busiest(connection, "screener").id, "lead": lead.id, "manager": manager}
        tokens = {
            who: create_token(connection, user_id=person or 0, name="measuring", now=UNTIL)
            for who, person in people.items()
        }
    return Desk(site.app.test_client(), tokens, {"team": team, "lead_professional": lead.email})


def run(councils: Councils, *, kind: str) -> Figures:
    """Median and p95 of each answer at each size, and how it grew from the first size to the last."""
    return over_sizes(measured, councils, kind=kind)


def measured(sites: Sequence[Website]) -> Figures:
    desks = {site.name: desk(site) for site in sites}
    lives: dict[str, list[dict[str, float]]] = {name: [] for name in desks}
    for one in desks.values():
        one.live()
    for _ in range(CASES):
        for name, one in desks.items():
            lives[name].append(one.live())
    figures: Figures = {}
    for action in ("contact", *(action for action, *_ in LIFE)):
        of_each = {name: spread_of([life[action] for life in each]) for name, each in lives.items()}
        figures |= in_words(f"W5 answer to {action}", of_each)
    return figures
