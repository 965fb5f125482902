"""Events of a mechanism, and what they did in a run, for people and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mscnet.mechanism.events import AtTimes, Event, Every, action_text, stated, trigger_text, written
from mscnet.mechanism.mechanism import Mechanism
from mscnet.report.text import table

if TYPE_CHECKING:
    from mscnet.experiment.results import Condition, Happened, Run
    from mscnet.simulation.trajectory import Trajectory

#: So many firings are told on the terminal; beyond, each event is told in a line of its own.
TOLD = 6
_KINDS = {AtTimes: "at", Every: "every"}


def events_text(mechanism: Mechanism) -> str:
    """A table of the events: labels, triggers and actions as they were written."""
    if not mechanism.events:
        return "no events"
    rows = [
        (event.label or "", event.head or trigger_text(event.trigger), "; ".join(map(written, stated(event))))
        for event in mechanism.events
    ]
    return table(("event", "when", "what"), rows)


def events_data(mechanism: Mechanism) -> list[dict[str, Any]]:
    """The events as objects; numbers in `trigger` and in the values of actions are in the file's units."""
    return [_data(event) for event in mechanism.events]


def _data(event: Event) -> dict[str, Any]:
    return {
        "label": event.label,
        "kind": _KINDS.get(type(event.trigger), "when"),
        "trigger": trigger_text(event.trigger),
        "written": event.head,
        "actions": [
            {
                "target": action.target, "kind": action.kind, "operator": action.operator,
                "value": action_text(action).partition(f"{action.operator} ")[2], "amount": action.amount,
            }
            for action in stated(event)
        ],
        "pathway": event.pathway,
    }  # fmt: skip


def firings_data(run: Trajectory, units: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """What events did in a run, for JSON, in the output's units: the species that changed, and the parameters set."""
    from mscnet.mechanism.units import TIME
    from mscnet.report.units import OutputUnits

    output, model = OutputUnits.of(run.mechanism, units), run.mechanism
    found = []
    for firing in run.events:
        changed = (firing.before != firing.after).nonzero()[0].tolist()
        factors = {i: output.factor(model.get_species(run.species[i]).dimension) for i in changed}
        per = {name: output.factor(model.get_parameter(name).dimension) for name in firing.parameters}
        found.append({
            "event": firing.event,
            "time": firing.time * output.factor(TIME),
            "before": {run.species[i]: float(firing.before[i]) * f for i, f in factors.items()},
            "after": {run.species[i]: float(firing.after[i]) * f for i, f in factors.items()},
            "parameters": {
                name: {"before": a * per[name], "after": b * per[name]} for name, (a, b) in firing.parameters.items()
            },
        })  # fmt: skip
    return found


def firings_text(run: Trajectory) -> list[str]:
    """Lines that tell which events fired when, and which did not."""
    unit = run.mechanism.units.time.symbol
    if len(run.events) <= TOLD:
        lines = [f"event `{firing.event}` happened at t = {firing.time:.6g} {unit}" for firing in run.events]
    else:
        lines = []
        for name in dict.fromkeys(firing.event for firing in run.events):
            times = [firing.time for firing in run.events if firing.event == name]
            often = f"{len(times)} times, from t = {times[0]:.6g} to {times[-1]:.6g} {unit}"
            lines.append(f"event `{name}` happened {often if len(times) > 1 else f'at t = {times[0]:.6g} {unit}'}")
    fired = {firing.event for firing in run.events}
    idle = [event.shown for event in run.mechanism.events if event.shown not in fired]
    return lines + [f"event `{name}` did not happen" for name in dict.fromkeys(idle)]


# --- in experiments ------------------------------------------------------------------------------


def happened_data(condition: Condition, species: Sequence[str]) -> list[dict[str, Any]]:
    """What events did in the vessels of a condition, for JSON, as `firings_data`."""
    found = []
    for happened in condition.events:
        firing = happened.firing
        changed = (firing.before != firing.after).nonzero()[0].tolist()
        found.append({
            "event": firing.event,
            "vessel": happened.vessel,
            "time": firing.time,
            "before": {species[i]: float(firing.before[i]) for i in changed},
            "after": {species[i]: float(firing.after[i]) for i in changed},
            "parameters": {name: {"before": a, "after": b} for name, (a, b) in firing.parameters.items()},
        })  # fmt: skip
    return found


def happened_text(run: Run) -> list[str]:
    """Lines that tell which events happened when under which conditions, and which under none."""
    unit = run.model.units.time.symbol
    done = [(condition, happened) for condition in run.conditions for happened in condition.events]
    if len(done) <= TOLD:
        lines = [
            f"{c.name}: event `{h.firing.event}` happened at t = {h.firing.time:.6g} {unit}{_where(c, h)}"
            for c, h in done
        ]
    else:
        lines = []
        for name in dict.fromkeys(h.firing.event for _, h in done):
            conditions = [condition for condition, h in done if h.firing.event == name]
            under = len({id(condition) for condition in conditions})
            lines.append(f"event `{name}` happened {_times(len(conditions))} under {under} of {_conditions(run)}")
    fired = {h.firing.event for _, h in done}
    idle = [event.shown for event in run.model.events if event.shown not in fired]
    return lines + [f"event `{name}` did not happen" for name in dict.fromkeys(idle)]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _conditions(run: Run) -> str:
    return "1 condition" if len(run.conditions) == 1 else f"{len(run.conditions)} conditions"


def _where(condition: Condition, happened: Happened) -> str:
    """The vessel, where there are several."""
    several = len({row.vessel for row in condition.ledger} | {h.vessel for h in condition.events}) > 1
    return f" in `{happened.vessel}`" if several else ""
