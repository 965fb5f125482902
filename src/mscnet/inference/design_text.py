"""A designed experiment as the text of a mechanism's file."""

from __future__ import annotations

from collections.abc import Sequence

from mscnet.inference.design_space import Factor, Template
from mscnet.mechanism.bench import Experiment, Hold
from mscnet.mechanism.expression import Expression, to_text
from mscnet.mechanism.mechanism import Mechanism


def protocol_text(model: Mechanism, template: Template, values: Sequence[float], name: str, purpose: str) -> str:
    """``experiment designed { … }``: the steps are those of the file, word by word, but for what was changed.

    Of an experiment that was made without a text, the header and what was changed stand there, with a remark.
    """
    experiment = template.experiment
    changed = {(f.kind, f.place if f.kind == "hold" else f.name): f.text(v)
               for f, v in zip(template.factors, values, strict=True)}  # fmt: skip
    lines = [_header(model, experiment, template.factors, values, name, purpose)]
    kept = [(n, e) for n, e in experiment.values if ("parameter", n) not in changed]
    lines += [f"    with {n} = {_written(e)}" for n, e in kept]
    lines += [f"    with {f.name} = {f.text(v)}" for f, v in zip(template.factors, values, strict=True)
              if f.kind == "parameter"]  # fmt: skip
    for i, step in enumerate(experiment.steps):
        text = step.span.text if step.span is not None else None
        if text is None:
            lines.append(f"    # step {i + 1} as in {experiment.name}, which has no text")
            continue
        if (
            ("hold", i) in changed
            and isinstance(step, Hold)
            and step.duration.span is not None
            and step.span is not None
        ):
            start, end = step.duration.span.start - step.span.start, step.duration.span.end - step.span.start
            text = text[:start] + changed["hold", i] + text[end:]
        lines.append("    " + text)
    return "\n".join([*lines, "}"]) + "\n"


def _header(
    model: Mechanism, experiment: Experiment, factors: Sequence[Factor], values: Sequence[float], name: str,
    purpose: str,
) -> str:  # fmt: skip
    given = {f.name: f.text(v) for f, v in zip(factors, values, strict=True) if f.kind == "loop"}
    loops = []
    for loop in experiment.loops:
        shown = [f"{model.evaluate(value) / loop.unit_factor:.9g}" for value in loop.values]
        loops.append(f"{loop.variable} in {given.get(loop.variable) or ', '.join(shown) + ' ' + loop.unit}".rstrip())
    after = next((f.text(v) for f, v in zip(factors, values, strict=True) if f.kind == "after"), None)
    parts = [f"experiment {name}" + (f"({', '.join(experiment.parameters)})" if experiment.parameters else "")]
    parts.append(f'"{purpose}"')
    if experiment.origin is not None:
        parts.append(_origin(experiment, after))
    if loops:
        parts.append("for " + ", ".join(loops))
    return " ".join(parts) + " {"


def _origin(experiment: Experiment, after: str | None) -> str:
    origin = experiment.origin
    assert origin is not None
    called = origin.experiment
    if origin.arguments:
        called += f"({', '.join(_written(e) for e in origin.arguments)})"
    when = after or (None if origin.after is None else _written(origin.after))
    return f"from {called}" + (f" after {when}" if when else "")


def _written(expression: Expression) -> str:
    return expression.span.text if expression.span is not None else to_text(expression)
