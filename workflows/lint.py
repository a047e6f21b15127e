"""Finds what is well written but cannot be meant: states nobody leaves, rungs that come too late, texts left out.

The linter looks at one whole definition. Whether somebody holds the roles it names is a question for the database, and
asked there.
"""

from collections.abc import Iterator
from typing import Final

from workflows.guards import TODAY, Guard
from workflows.lint_deadlines import deadline_problems
from workflows.marks import Data, Marks, Path
from workflows.model import Definition, FactType, Field, FieldType, Role, Transition
from workflows.problems import Problem

STANDARD_DATES: Final = ("decision_date", "benefit_from", "benefit_until")
"""The fields every case is opened with: FK's decision and the period it grants."""

HOME_PARTY: Final = "region"
FUNDER: Final = "funder"


def lint(definition: Definition, marks: Marks, data: Data) -> list[Problem]:
    """Return what the linter finds, in no particular order.

    Args:
        definition: A definition that the reader built without problems.
        marks: Where its parts stand.
        data: The data it was built from, for what the model has filled in.
    """
    return [
        *_states(definition, marks),
        *_transitions(definition, marks),
        *_facts(definition, marks),
        *_fields(definition, marks),
        *_roles(definition, marks),
        *deadline_problems(definition, marks),
        *_missing_english(data, marks, ()),
    ]


def _states(definition: Definition, marks: Marks) -> Iterator[Problem]:
    edges = {(s, t.to) for t in definition.transitions.values() for s in t.sources if t.to and t.to != s}
    reached = _closure({definition.initial}, edges)
    dead_ends = [
        s for s in definition.states.values() if s.name in reached and not s.final and s.name not in dict(edges)
    ]
    for name in definition.states:
        if name not in reached:
            yield marks.problem(marks.key(("states", name)), "unreachable-state", name, "a transition with to: " + name)
    for state in dead_ends:
        allowed = f"a transition from {state.name}, or final: true"
        yield marks.problem(marks.key(("states", state.name)), "dead-end", state.name, allowed)
    if dead_ends or any(state.final and state.name not in reached for state in definition.states.values()):
        return  # what leads only to a dead end, or to an end nobody reaches, has no way out for the same reason
    ending = _closure({s.name for s in definition.states.values() if s.final}, {(to, source) for source, to in edges})
    stuck = [name for name in definition.states if name in reached and name not in ending]
    for name in stuck[:1]:
        yield marks.problem(marks.key(("states", name)), "no-way-out", ", ".join(stuck), "a way to a final state")


def _closure(start: set[str], edges: set[tuple[str, str]]) -> set[str]:
    reached, new = set(start), set(start)
    while new:
        new = {to for source, to in edges if source in new} - reached
        reached |= new
    return reached


def _transitions(definition: Definition, marks: Marks) -> Iterator[Problem]:
    for transition in definition.transitions.values():
        path: Path = ("transitions", transition.name)
        final = sorted(s for s in transition.sources if definition.states[s].final)
        if final:
            mark = marks.value((*path, "from"))
            yield marks.problem(mark, "final-left", ", ".join(final), "states that are not final")
        place = transition.invite.place if transition.invite else None
        if place and definition.fields[place].personal:
            mark = marks.value((*path, "invite", "place"))
            yield marks.problem(mark, "personal-place", place, "a choice field that is not personal")
        if transition.to and definition.states[transition.to].final:
            yield from _closing(definition, marks, transition, path)


def _closing(definition: Definition, marks: Marks, transition: Transition, path: Path) -> Iterator[Problem]:
    if transition.undo:
        mark = marks.value((*path, "undo"))
        yield marks.problem(mark, "undo-final", str(transition.undo), "no undo, or a state before the final one")
    asked = [definition.fields[asked.field] for asked in transition.asks]
    if definition.outcomes and not any(_holds_outcome(definition, field) for field in asked):
        allowed = "a field with choices: outcomes among those it asks for"
        yield marks.problem(marks.key(path), "outcome-not-asked", transition.name, allowed)


def _holds_outcome(definition: Definition, field: Field) -> bool:
    return field.type is FieldType.CHOICE and set(field.choices) <= set(definition.outcomes)


def _guards(definition: Definition) -> Iterator[tuple[Path, Guard]]:
    for role in definition.roles.values():
        if role.needs:
            yield ("roles", role.name, "needs"), role.needs
    for transition in definition.transitions.values():
        for index, guard in enumerate(transition.needs):
            yield ("transitions", transition.name, "needs", index), guard
    for deadline in definition.deadlines.values():
        if deadline.when:
            yield ("deadlines", deadline.name, "when"), deadline.when


def _facts(definition: Definition, marks: Marks) -> Iterator[Problem]:
    changed = {change.fact for t in definition.transitions.values() for change in t.sets}
    counted = [
        (("kpis", kpi.name, key), name)
        for kpi in definition.kpis.values()
        for key, name in (("fact", kpi.fact), ("among", kpi.among))
        if name
    ]
    conditions = [(path, name) for path, guard in _guards(definition) for name in sorted(guard.names)]
    for path, name in [*conditions, *counted]:
        if name in definition.facts and name not in changed:
            yield marks.problem(marks.value(path), "unset-fact", name, "a fact that a transition sets")
    used = {name for _, name in [*conditions, *counted]}
    for fact in definition.facts.values():
        if fact.name not in used and fact.type is FactType.FLAG:  # counts feed the reports
            mark = marks.key(("facts", fact.name))
            yield marks.problem(mark, "unused-fact", fact.name, "a flag that a guard or a goal depends on")


def _fields(definition: Definition, marks: Marks) -> Iterator[Problem]:
    asked = {asked.field for t in definition.transitions.values() for asked in t.asks}
    anchors = list(_anchors(definition))
    for path, name in anchors:
        if name not in asked and not definition.fields[name].required:
            allowed = "a field that is required or that a transition asks for"
            yield marks.problem(marks.value(path), "unset-anchor", name, allowed)
    invited = {n for t in definition.transitions.values() if t.invite for n in (t.invite.at, t.invite.place)}
    conditions = {name for _, guard in _guards(definition) for name in guard.names} - {TODAY}
    used = asked | {name for _, name in anchors} | conditions | invited | set(STANDARD_DATES)
    for field in definition.fields.values():
        if field.name not in used and not field.required:
            allowed = "a field that is required, asked for or depended on"
            yield marks.problem(marks.key(("fields", field.name)), "unused-field", field.name, allowed)
    yield from _standard_dates(definition, marks)


def _anchors(definition: Definition) -> Iterator[tuple[Path, str]]:
    for deadline in definition.deadlines.values():
        yield ("deadlines", deadline.name, "due", "anchor"), deadline.due.anchor
        if deadline.due.until:
            yield ("deadlines", deadline.name, "until"), deadline.due.until
    for kpi in definition.kpis.values():
        if kpi.anchor:
            yield ("kpis", kpi.name, "met"), kpi.anchor


def _standard_dates(definition: Definition, marks: Marks) -> Iterator[Problem]:
    for name in STANDARD_DATES:
        field = definition.fields.get(name)
        if field is None:
            mark = marks.key(("fields",))
            yield marks.problem(mark, "standard-field", f"no {name}", ", ".join(STANDARD_DATES))
        elif field.type is not FieldType.DATE or not field.required:
            found = f"{'a required' if field.required else 'an optional'} {field.type} field {name}"
            yield marks.problem(marks.key(("fields", name)), "standard-field", found, "a required date field")


def _roles(definition: Definition, marks: Marks) -> Iterator[Problem]:
    addressed = {role for d in definition.deadlines.values() for rung in d.ladder for role in rung.to}
    addressed |= {role for t in definition.transitions.values() if t.invite for role in t.invite.to}
    for role in definition.roles.values():
        if role.party != HOME_PARTY and role.needs is None and role.name in addressed:
            allowed = "a role with needs, like consent.region_to_fk"
            yield marks.problem(marks.key(("roles", role.name)), "ungated-party", role.name, allowed)
    for role in _first_in_loops(definition):
        mark = marks.value(("roles", role.name, "above"))
        yield marks.problem(mark, "role-loop", str(role.above), "a role that is not below this one")
    funders = {role.name for role in definition.roles.values() if role.party == FUNDER}
    for field in definition.fields.values():
        seen = field.visible_to & funders if field.visible_to else funders
        if field.personal and seen:
            mark = marks.key(("fields", field.name))
            yield marks.problem(mark, "personal-to-funder", ", ".join(sorted(seen)), "visible_to without funders")


def _first_in_loops(definition: Definition) -> Iterator[Role]:
    """Yield one role of every circle, the first in the file."""
    told: set[str] = set()
    for role in definition.roles.values():
        above = [role.name]
        while (higher := definition.roles[above[-1]].above) and higher not in above:
            above.append(higher)
        if higher == role.name and role.name not in told:
            told |= set(above)
            yield role


def _missing_english(data: Data, marks: Marks, path: Path) -> Iterator[Problem]:
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from _missing_english(item, marks, (*path, index))
    if isinstance(data, dict):
        if isinstance(data.get("sv"), str) and "en" not in data:
            yield marks.problem(marks.value(path), "missing-english", "sv alone", "sv and en")
        for key, value in data.items():
            yield from _missing_english(value, marks, (*path, key))
