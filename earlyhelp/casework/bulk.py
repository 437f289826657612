"""Many cases written at once: what `open_case` and `perform` would write, gathered and written table by table.

For imports and simulations, where there are tens of thousands. The engine answers every step as it always does, and
the rows are those of the slow way, which a test compares; what differs is that nothing is read back and that rows go
to the database in batches. Nobody is told of anything, because all of it lies in the past or is somebody's list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, select

from earlyhelp.casework.bulk_gathering import Gathered, Numbers
from earlyhelp.casework.bulk_people import Known, KnownPeople
from earlyhelp.casework.clockwork import Moment, _day, _started, stage_moments_of
from earlyhelp.casework.contacts import Adult, Child, ContactTold
from earlyhelp.casework.history import FIRST_HASH, append_event
from earlyhelp.casework.intake import Beginning, _happening as first_happening
from earlyhelp.casework.match_decisions import tell_of_restricted
from earlyhelp.casework.people import NOT_THEIRS, Linked, sound_key
from earlyhelp.casework.perform import Asked, _case_after, _happening, _moment_of
from earlyhelp.casework.reading import facts_of
from earlyhelp.casework.recognising import certain, described_as_told
from earlyhelp.casework.references import Resolved, resolve
from earlyhelp.casework.referrers import remember_referrer
from earlyhelp.matching.keys import sought_keys, stored_keys
from earlyhelp.pathway.clocks import judge
from earlyhelp.pathway.facts import Actor, Step, clock_key
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import Person as User
from earlyhelp.records.cases import Case, CasePerson, Contact, Event
from earlyhelp.records.clocks import Alert, ClockRow, StageRule
from earlyhelp.records.identifiers import case_reference, family_public_id, person_public_id
from earlyhelp.records.matching import PersonKey, SuspectedDuplicate
from earlyhelp.records.names import search_name
from earlyhelp.records.people import Family, FamilyMember, Person

OPEN = frozenset({"running", "paused"})


class NotInBulk(Exception):
    """The step moves, pauses or resumes a clock, corrects or joins: only the slow way does that."""


@dataclass
class CaseInBulk:
    """A case that is still in memory: its columns as attributes, its clocks, the engine that it runs on."""

    columns: SimpleNamespace
    clocks: list[SimpleNamespace]
    engine: CompiledPathway
    pathway_id: int

    @property
    def id(self) -> int:
        return int(self.columns.id)

    @property
    def reference(self) -> str:
        return str(self.columns.reference)

    @property
    def state(self) -> str:
        return str(self.columns.state)

    def running(self) -> list[SimpleNamespace]:
        return [clock for clock in self.clocks if clock.status in OPEN]


class Bulk:
    """Gathers cases in the caller's transaction. `flush` writes what was gathered; after it they are like any other.

    `person` is who acts, in all roles that are asked of them; `known` must have been loaded with the keys of everybody
    who will be told of (`people_keys`).
    """

    def __init__(self, connection: Connection, *, person: User, known: KnownPeople) -> None:
        self.connection = connection
        self.person = person
        self.known = known
        self.gathered = Gathered(connection)
        self.numbers = Numbers(connection)
        self._families: dict[int, list[int]] = {}
        self._rules: dict[tuple[int, str], dict[str, Any]] = {}
        self._cases: list[CaseInBulk] = []
        self._resolved: dict[Any, Resolved] = {}

    # --- beginning a case

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
        people = [self._linked(child, now) for child in told.children]
        grown = [self._linked(adult, now) for adult in told.adults]
        reference = case_reference(self.numbers.next("case"))
        beginning = Beginning(self.gathered.next_id(Case), reference, pathway_id, asked, step, Resolved({}))
        case = CaseInBulk(_opened(beginning), [], engine, pathway_id)
        self._write_people(beginning, told, people, grown)
        if step.action.kind == "contact":
            self._write_contact(beginning, told)
        actor = Actor(self.person.id, self.person.roles, self.person.team_kind)
        happening = first_happening(engine, beginning, actor, [one.public_id for one in people])
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
        self._start(case, step, _beginning_moment(beginning))
        name = f"{told.children[0].family_name or told.children[0].given_name} family"
        case.columns.family_id = self._family([one.id for one in (*people, *grown)], name, now)
        self._cases.append(case)
        return case

    # --- acting on it

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
        actor = Actor(self.person.id, self.person.roles, self.person.team_kind)
        step = case.engine.step(
            facts_of(cast(Any, case.columns), cast(Any, case.running())),
            action,
            resolved.fields,
            actor,
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
        actor = Actor(self.person.id, self.person.roles, self.person.team_kind)
        after["last_hash"] = append_event(
            self.gathered.of(Event),
            _happening(case.engine, columns, step, asked, actor),
            case_id=case.id,
            pathway_id=case.pathway_id,
            actor_id=self.person.id,
            team_id=after["team_id"],
            lead_professional_id=after["lead_professional_id"],
            previous_hash=columns.last_hash,
        )
        open_clocks = {clock_key(clock.name, clock.about): clock for clock in case.running()}
        for key in step.stops:
            self._stop(open_clocks[key], moment)
        for key in step.voids:
            self.void(open_clocks[key], moment)
        vars(case.columns).update(after)
        self._start(case, step, moment)
        for clock in case.running():
            clock.team_id, clock.lead_professional_id = moment.team_id, moment.lead_professional_id

    def void(self, clock: SimpleNamespace, moment: Moment, words: str = "") -> None:
        """End a clock that says nothing of this case."""
        happened = f"{moment.title} on {_day(moment.occurred_at)}: this time limit no longer applies"
        self._settle_passed(clock, moment.occurred_at, moment, words or happened)
        _end(clock, moment, status="void")

    def settle_past(self, case: CaseInBulk, *, now: datetime, words: str) -> None:
        """What fell due of running clocks before `now` is kept as settled: it is no news to anybody today."""
        for clock in case.running():
            moments = [at for at in stage_moments_of(cast(Any, clock)).values() if at is not None]
            self._settle_passed(clock, now, moment_now(case, now), words)
            clock.next_moment = min((at for at in moments if at > now), default=None)
        case.columns.next_due_at = _nearest(case)

    def flush(self) -> None:
        """Write everything gathered so far, each table in one go."""
        for case in self._cases:
            self.gathered.add(Case, vars(case.columns))
            for clock in case.clocks:
                self.gathered.add(ClockRow, vars(clock))
        self.gathered.write()
        self.numbers.write()
        self._cases.clear()

    # --- how

    def _start(self, case: CaseInBulk, step: Step, moment: Moment) -> None:
        for start in step.starts:
            row = {"id": self.gathered.next_id(ClockRow), **_EMPTY_CLOCK, **_started(start, moment)}
            case.clocks.append(SimpleNamespace(**row))
        case.columns.next_due_at = _nearest(case)

    def _stop(self, clock: SimpleNamespace, moment: Moment) -> None:
        judgement = judge(clock.due_at, moment.occurred_at, moment.recorded_at)
        words = f"{moment.title}: happened on {_day(moment.occurred_at)}"
        self._settle_passed(clock, moment.occurred_at, moment, words)
        clock.recorded_late = judgement.recorded_late
        clock.team_id, clock.lead_professional_id = moment.team_id, moment.lead_professional_id
        _end(clock, moment, status=judgement.status)

    def _settle_passed(self, clock: SimpleNamespace, until: datetime, moment: Moment, words: str) -> None:
        """The stages that passed are alerts as well, raised and settled by what ended the clock."""
        if clock.next_moment is None or clock.next_moment > until:
            return
        for stage, at in stage_moments_of(cast(Any, clock)).items():
            if at is None or not clock.next_moment <= at <= until:
                continue
            rule = self._rule(clock.pathway_id, clock.name)[stage]
            self.gathered.add(Alert, _settled_alert(clock, rule, at, moment, words))

    def _rule(self, pathway_id: int, clock: str) -> dict[str, Any]:
        if (pathway_id, clock) not in self._rules:
            rows = self.connection.execute(
                select(StageRule).where(StageRule.pathway_id == pathway_id, StageRule.clock == clock)
            )
            self._rules[pathway_id, clock] = {row.stage: row for row in rows}
        return self._rules[pathway_id, clock]

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

    def _linked(self, told: Child | Adult, now: datetime) -> Linked:
        if told.person or getattr(told, "not_known_as", None):
            raise NotInBulk("a record chosen by a person")
        typed, adults = described_as_told(told), isinstance(told, Adult)
        found = self.known.recognise(typed, sought_keys(typed), adults=adults)
        sure = certain(found, person=self.person)
        if sure is not None:
            return Linked(sure.known_id, sure.public_id)
        person_id = self.gathered.next_id(Person)
        public_id = person_public_id(self.numbers.next("person"))
        self.gathered.add(Person, _person_row(told, person_id, public_id, now))
        keys = stored_keys(typed)
        for key in keys:
            self.gathered.add(PersonKey, {"key": key, "person_id": person_id})
        self.known.add(Known(person_id, adults, person_id, public_id, False, typed), keys)
        for one in found:
            self.gathered.add(SuspectedDuplicate, _suspicion(person_id, one, now))
        return Linked(person_id, public_id, tuple(found))

    def _family(self, people: Sequence[int], name: str, now: datetime) -> int:
        everybody = list(dict.fromkeys(people))
        families = [family for person in everybody for family in self._families_of(person)]
        family_id = min(families, default=None)
        if family_id is None:
            family_id = self.gathered.next_id(Family)
            public_id = family_public_id(self.numbers.next("family"))
            row = {"id": family_id, "public_id": public_id, "name": name[:100], "created_at": now}
            self.gathered.add(Family, row)
        for person in everybody:
            if family_id not in self._families[person]:
                self._families[person].append(family_id)
                self.gathered.add(
                    FamilyMember, {"family_id": family_id, "person_id": person, "relationship": ""}
                )
        return family_id

    def _families_of(self, person: int) -> list[int]:
        if person not in self._families:
            new = self.gathered.is_new(Person, person)
            asked = select(FamilyMember.family_id).where(FamilyMember.person_id == person)
            self._families[person] = [] if new else list(self.connection.scalars(asked))
        return self._families[person]

    def _write_people(
        self, beginning: Beginning, told: ContactTold, people: Sequence[Linked], grown: Sequence[Linked]
    ) -> None:
        rows: dict[int, dict[str, Any]] = {}
        for position, one in enumerate(people):
            rows.setdefault(one.id, _case_person(beginning.case_id, one.id, position, is_child=True))
        for position, (adult, one) in enumerate(zip(told.adults, grown, strict=True)):
            row = _case_person(beginning.case_id, one.id, position, is_child=False)
            rows[one.id] = {**row, "relationship": adult.relationship}
        for row in rows.values():
            self.gathered.add(CasePerson, row)
        restricted = {known for one in (*people, *grown) for known in one.restricted()}
        tell_of_restricted(
            self.connection, restricted=restricted, person=self.person, now=beginning.asked.now
        )

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
            remember_referrer(self.connection, referrer, now=beginning.asked.now)


def people_keys(told: ContactTold) -> set[int]:
    """The keys under which the people of a contact are looked up."""
    return {key for one in (*told.children, *told.adults) for key in sought_keys(described_as_told(one))}


_EMPTY_CLOCK = {
    "stopped_at": None,
    "stop_recorded_at": None,
    "stopped_by": None,
}


def _opened(beginning: Beginning) -> SimpleNamespace:
    step, at = beginning.step, beginning.asked.occurred_at
    facts = {name: step.sets.get(name) for name in ("level_of_need", "urgency", "agreement", "sharing_basis")}
    return SimpleNamespace(
        id=beginning.case_id,
        reference=beginning.reference,
        pathway_id=beginning.pathway_id,
        state=step.to_state,
        state_kind=step.to_kind,
        is_open=not step.final,
        state_entered_at=at,
        came_from=None,
        outcome=None,
        **facts,
        version=1,
        last_hash=FIRST_HASH,
        team_id=None,
        lead_professional_id=None,
        assessment_author_id=None,
        family_id=None,
        restricted=False,
        opened_by_id=beginning.asked.person.id,
        opened_at=at,
        closed_at=None,
        last_event_at=at,
        next_due_at=None,
        claimed_by_id=None,
        claimed_until=None,
    )


def _beginning_moment(beginning: Beginning) -> Moment:
    asked = beginning.asked
    return Moment(
        case_id=beginning.case_id,
        pathway_id=beginning.pathway_id,
        sequence=1,
        title=beginning.step.action.title,
        occurred_at=asked.occurred_at,
        recorded_at=asked.now,
        team_id=None,
        lead_professional_id=None,
        by=asked.person.name,
        reason=asked.reason,
    )


def moment_now(case: CaseInBulk, now: datetime) -> Moment:
    """A moment at which no event happens to the case, but something that concerns its clocks."""
    columns = case.columns
    return Moment(
        case_id=case.id,
        pathway_id=case.pathway_id,
        sequence=columns.version,
        title="Import",
        occurred_at=now,
        recorded_at=now,
        team_id=columns.team_id,
        lead_professional_id=columns.lead_professional_id,
        by="",
        reason=None,
    )


def _end(clock: SimpleNamespace, moment: Moment, *, status: str) -> None:
    clock.status = status
    clock.stopped_at, clock.stop_recorded_at = moment.occurred_at, moment.recorded_at
    clock.stopped_by, clock.next_moment = moment.sequence, None


def _nearest(case: CaseInBulk) -> datetime | None:
    return min((clock.due_at for clock in case.clocks if clock.status == "running"), default=None)


def _settled_alert(
    clock: SimpleNamespace, rule: Any, at: datetime, moment: Moment, words: str
) -> dict[str, Any]:
    return {
        "clock_id": clock.id,
        "stage": rule.stage,
        "case_id": clock.case_id,
        "clock": clock.name,
        "fell_due_at": at,
        "raised_at": moment.recorded_at,
        "status": "resolved",
        "urgent": rule.urgent,
        "audience": rule.audience,
        "team_id": clock.team_id,
        "lead_professional_id": clock.lead_professional_id,
        "resolved_at": moment.recorded_at,
        "resolution": words,
    }


def _person_row(told: Child | Adult, person_id: int, public_id: str, now: datetime) -> dict[str, Any]:
    values = {
        "expected_birth_on": None,
        "gender": "not_stated",
        "ethnicity": "NOBT",
        "disabled": None,
        "nhs_number": None,
        "upn": None,
        "phone": "",
        "restricted": False,
        "merged_into_id": None,
        **{name: value for name, value in told.__dict__.items() if name not in NOT_THEIRS},
    }
    return {
        **values,
        "id": person_id,
        "public_id": public_id,
        "adult": isinstance(told, Adult),
        "search_name": search_name(told.given_name, told.family_name),
        "sound_key": sound_key(told.family_name),
        "created_at": now,
    }


def _suspicion(person_id: int, found: Any, now: datetime) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "other_id": found.known_id,
        "strength": int(found.match.strength),
        "score": found.match.score,
        "reasons": list(found.match.reasons),
        "found_at": now,
        "status": "open",
        "decided_by_id": None,
        "decided_at": None,
        "reason": "",
    }


def _case_person(case_id: int, person_id: int, position: int, *, is_child: bool) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "person_id": person_id,
        "position": position,
        "is_child": is_child,
        "relationship": "",
    }
