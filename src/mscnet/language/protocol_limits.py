"""How long an experiment is once its repeats are written out."""

from __future__ import annotations

from collections.abc import Iterable

from mscnet.language.protocol_context import MAX_STEPS, Bench
from mscnet.language.syntax import Word
from mscnet.mechanism.bench import Repeat, Step
from mscnet.mechanism.expression import Expression, Symbol, evaluate


def limit_steps(steps: tuple[Step, ...], bench: Bench, word: Word) -> None:
    """Report an experiment of too many steps, as far as its counts are known here."""
    count = _count(steps, bench)
    if count > MAX_STEPS:
        message = f"`{word.name}` has {count:.0f} steps with its repeats; at most {MAX_STEPS} are done"
        bench.report.error("E081", message, word.start, word.end)


def _count(steps: Iterable[Step], bench: Bench) -> float:
    return sum(
        _most(step.count, bench) * _count(step.steps, bench) if isinstance(step, Repeat) else 1 for step in steps
    )


def _most(expression: Expression, bench: Bench) -> float:
    """The largest value of a count over the values of its variables; 1 where it is not known."""

    def value(symbol: Symbol) -> float:
        if symbol.kind == "loop" and symbol.name in bench.loops:
            return max(evaluate(each, value) for each in bench.loops[symbol.name].values)
        parameter = bench.parameters.get(symbol.name)
        return float("nan") if parameter is None or parameter.value is None else parameter.value

    most = evaluate(expression, value)
    return most if most == most else 1
