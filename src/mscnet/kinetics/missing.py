"""The error for parameters that a run needs and nobody gave."""

from __future__ import annotations

from mscnet.diagnostics import Diagnostic, MechanismError, Related
from mscnet.mechanism.mechanism import Mechanism

#: At most this many parameters are named in the message.
MAX_NAMED = 20


def check_values(mechanism: Mechanism) -> None:
    """Raise a `MechanismError` that names every used parameter without a value, and how to give one."""
    missing = mechanism.missing_values()
    if not missing:
        return
    names = [parameter.name for parameter in missing]
    shown = ", ".join(f"`{name}`" for name in names[:MAX_NAMED])
    if len(names) > MAX_NAMED:
        shown += f" and {len(names) - MAX_NAMED} more"
    first = missing[0]
    plural = "parameters have" if len(names) > 1 else "parameter has"
    settings = " ".join(f"--set {name}=…" for name in names[:3])
    unit = f" {first.unit}" if first.unit else ""
    hint = (
        f"give {'them' if len(names) > 1 else 'it'} with `{settings}`, with `.with_values({first.name}=…)`, "
        f"or in the file: `parameter {first.name} = …{unit}`"
    )
    related = tuple(Related(f"`{p.name}` is used here", p.span) for p in missing[1:MAX_NAMED] if p.span is not None)
    file = mechanism.source.name if mechanism.source else None
    message = f"{len(names)} {plural} no value: {shown}"
    raise MechanismError([Diagnostic("error", "E040", message, first.span, hint, related, file)])
