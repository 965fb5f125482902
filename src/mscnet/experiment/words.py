"""What an act is, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mscnet.experiment.faults import Words
from mscnet.experiment.plan import Act


def sentence(act: Act, words: Words) -> str:
    """The act in words with its numbers, such as ``take 0.03 mL from pot``."""
    kind, *rest = act.key
    match kind:
        case "begin":
            return _origin(act.step)
        case "mix" | "add":
            return f"{kind} {_portions(rest[1], words)}"
        case "feed":
            return f"add {_portions(rest[2], words)} over {words.time(rest[0])}"
        case "dilute":
            return f"dilute to {words.volume(rest[2])} with {rest[1]}"
        case "take":
            return f"take {words.volume(rest[2])} of {rest[0]}"
        case "discard":
            return f"discard {'all' if rest[1] is None else words.volume(rest[1])}"
        case "hold":
            return f"hold {words.time(rest[0])}{_temperature(rest[1], rest[2], words)}"
        case "settle":
            return "equilibrate"
        case "flow":
            return f"flow for {words.time(rest[0])}"
        case "observe":
            duration = f" for {words.time(rest[0])}" if rest[0] else ""
            meanwhile = f" while {_meanwhile(rest[4], words)}" if rest[4] is not None else ""
            return f"measure{duration}{_temperature(rest[1], rest[3], words)}{meanwhile}"
    return f"{kind} {rest[0]}"


def _meanwhile(during: tuple[Any, ...], words: Words) -> str:
    return f"add {_portions(during[3], words)}" if during[0] == "feed" else "flow"


def _origin(experiment: Any) -> str:
    origin = experiment.origin
    return "start" if origin is None else f"start from {origin.experiment}"


def _portions(portions: Sequence[tuple[Any, ...]], words: Words) -> str:
    shown = []
    for of, quantity, measure in portions:
        if quantity is None:
            shown.append(f"all of {of}")
        elif measure == "fraction":
            shown.append(f"{quantity:.6g} of {of}")
        else:
            shown.append(f"{words.measured(quantity, measure)} {of}")
    return " + ".join(shown)


def _temperature(temperature: float | None, until: float | None, words: Words) -> str:
    if until is not None:
        before = "" if temperature is None else f" from {words.temperature(temperature)}"
        return f"{before} to {words.temperature(until)}"
    return "" if temperature is None else f" at {words.temperature(temperature)}"
