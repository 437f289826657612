"""Many cases written at once: what `open_case` and `perform` would write, gathered and written table by table.

For imports and simulations, where there are tens of thousands. The engine answers every step as it always does, and
the rows are those of the slow way, which a test compares; what differs is that nothing is read back and that rows go
to the database in batches. Nobody is told of anything, because all of it lies in the past or is somebody's list.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection

from earlyhelp.casework.bulk_cases import CaseInBulk, NotInBulk, opened
from earlyhelp.casework.bulk_clocks import ClocksInBulk
from earlyhelp.casework.bulk_gathering import Gathered, Numbers
from earlyhelp.casework.bulk_linking import PeopleInBulk
from earlyhelp.casework.contacts import ContactTold
from earlyhelp.casework.history import FIRST_HASH, append_event
from earlyhelp.casework.intake import Beginning, _happening as first_happening, beginning_moment
from earlyhelp.casework.merging import follow_merges
from earlyhelp.casework.perform import Asked, _case_after, _happening, _moment_of
from earlyhelp.casework.reading import facts_of
from earlyhelp.casework.references import Resolved, resolve
from earlyhelp.casework.referrers import ReferrersOfList
from earlyhelp.casework.youngest import keep_youngest
from earlyhelp.pathway.facts import Actor, Step, clock_key
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import Person as User
from earlyhelp.records.cases import Case, Contact, Event
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.identifiers import case_reference
from earlyhelp.records.people import Person as PersonRow

NOTHING_RESOLVED = Resolved({})


class Bulk:
    """Gathers cases in the caller's transaction. `flush` writes what was gathered; after it they are like any other.

    `person` is who acts, in all roles asked of them. `people.know` must have been told of all contacts to come.
    """

    def __init__(self, connection: Connection, *, person: User) -> None:
        self.connection = connection
        self.person = person
        self.actor = Actor(person.id, person.roles, person.team_kind)
        self.gathered = Gathered(connection)
        self.numbers = Numbers(connection)
        self.clocks = ClocksInBulk(connection, self.gathered)
        self.people = PeopleInBulk(connection, self.gathered, self.numbers, person)
        self.referrers = ReferrersOfList()
        self._cases: list[CaseInBulk] = []
        self._of_known_people: set[int] = set()
        self._resolved: dict[Any, Resolved] = {}

    def open(
        self,
        engine: CompiledPathway,
        pathway_id: int,
        told: ContactTold,
        step: Step,
        *,
        occurred_at: datetime,
        now: datetime,
        reason: str | None = None,
    ) -> CaseInBulk:
        """Begin a case with what the engine answered to its opening action: what `open_case` writes."""
        asked = Asked(step.action.name, self.person, step.fields, reason, occurred_at, now)
        people = [self.people.linked(child, now) for child in told.children]
        grown = [self.people.linked(adult, now) for adult in told.adults]
        reference = case_reference(self.numbers.next("case"))
        beginning = Beginning(
            self.gathered.next_id(Case), reference, pathway_id, asked, step, NOTHING_RESOLVED
        )
        case = CaseInBulk(opened(beginning, told), [], engine, pathway_id)
        self.people.write_on_case(beginning, told, people, grown)
        if not all(self.gathered.is_new(PersonRow, one.id) for one in (*people, *grown)):
            self._of_known_people.add(case.id)
        if step.action.kind == "contact":
            self._write_contact(beginning, told)
        happening = first_happening(engine, beginning, self.actor, [one.public_id for one in people])
        case.columns.last_hash = append_event(
            self.gathered.of(Event),
            happening,
            case_id=case.id,
            pathway_id=pathway_id,
            actor_id=self.person.id,
            team_id=None,
            lead_professional_id=None,
            previous_hash=FIRST_HASH,
        )
        self.clocks.start(case, step, beginning_moment(beginning, team_id=None))
        name = f"{told.children[0].family_name or told.children[0].given_name} family"
        case.columns.family_id = self.people.family([one.id for one in (*people, *grown)], name, now)
        self._cases.append(case)
        return case

    def answer(
        self,
        case: CaseInBulk,
        action: str,
        fields: Mapping[str, Any],
        *,
        occurred_at: datetime,
        now: datetime,
        reason: str | None = None,
        known_errors: Mapping[str, list[str]] | None = None,
    ) -> tuple[Step, Resolved]:
        """What the engine says to an action on the case: as `perform` asks it, guards that read other cases apart."""
        resolved = self._resolve(case.engine, action, fields)
        step = case.engine.step(
            facts_of(cast(Any, case.columns), cast(Any, case.running())),
            action,
            resolved.fields,
            self.actor,
            occurred_at,
            {**resolved.errors, **(known_errors or {})},
        )
        if step.moves or step.pauses or step.resumes or step.action.kind == "correction":
            raise NotInBulk(step.action.name)
        return step, resolved

    def perform(
        self,
        case: CaseInBulk,
        step: Step,
        resolved: Resolved,
        *,
        occurred_at: datetime,
        now: datetime,
        reason: str | None = None,
    ) -> None:
        """Write what the engine answered: what `perform` writes, but for messages and assessments."""
        asked = Asked(step.action.name, self.person, resolved.fields, reason, occurred_at, now)
        columns = cast(Any, case.columns)
        after = _case_after(columns, step, resolved, asked)
        moment = _moment_of(columns, after, step, asked)
        after["last_hash"] = append_event(
            self.gathered.of(Event),
            _happening(case.engine, columns, step, asked, self.actor),
            case_id=case.id,
            pathway_id=case.pathway_id,
            actor_id=self.person.id,
            team_id=after["team_id"],
            lead_professional_id=after["lead_professional_id"],
            previous_hash=columns.last_hash,
        )
        open_clocks = {clock_key(clock.name, clock.about): clock for clock in case.running()}
        for key in step.stops:
            self.clocks.stop(open_clocks[key], moment)
        for key in step.voids:
            self.clocks.void(open_clocks[key], moment)
        vars(case.columns).update(after)
        self.clocks.start(case, step, moment)
        for clock in case.running():
            clock.team_id, clock.lead_professional_id = moment.team_id, moment.lead_professional_id

    def flush(self) -> None:
        """Write everything gathered so far, each table in one go."""
        for case in self._cases:
            self.gathered.add(Case, vars(case.columns))
            for clock in case.clocks:
                self.gathered.add(ClockRow, vars(clock))
        self.people.hold()
        self.gathered.write()
        self.numbers.write()
        self.referrers.write(self.connection)
        follow_merges(self.connection, case_ids=self._of_known_people)
        keep_youngest(self.connection, case_ids=self._of_known_people)
        self._cases.clear()
        self._of_known_people.clear()

    def _resolve(self, engine: CompiledPathway, action: str, fields: Mapping[str, Any]) -> Resolved:
        declared = engine.pathway.actions.get(action)
        named = (
            [f.name for f in declared.fields if f.type in {"person", "team", "services"}] if declared else []
        )
        given = {name: fields[name] for name in named if fields.get(name)}
        if declared is None or not given:
            return Resolved(dict(fields))
        key = (action, repr(given))
        if key not in self._resolved:
            self._resolved[key] = resolve(self.connection, declared, given)
        found = self._resolved[key]
        return Resolved({**fields, **found.fields}, found.rows, found.errors)

    def _write_contact(self, beginning: Beginning, told: ContactTold) -> None:
        fields, referrer = beginning.step.fields, told.referrer
        row = {
            "id": self.gathered.next_id(Contact),
            "case_id": beginning.case_id,
            "source": fields.get("source", ""),
            "channel": fields.get("channel", ""),
            "received_at": beginning.asked.occurred_at,
            "presenting_needs": fields.get("presenting_needs", []),
            "worries": fields.get("worries", ""),
            "strengths": fields.get("strengths", ""),
            "agreement": fields.get("agreement", ""),
            "sharing_basis": fields.get("sharing_basis"),
            "referrer_name": referrer.name,
            "referrer_organisation": referrer.organisation,
            "referrer_email": referrer.email,
            "referrer_phone": referrer.phone,
            "joined_case_id": None,
        }
        self.gathered.add(Contact, row)
        if referrer.name and referrer.organisation:
            self.referrers.add(referrer, now=beginning.asked.now)
