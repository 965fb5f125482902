"""The error for parameters that a run needs and nobody gave."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mscnet.diagnostics import Diagnostic, MechanismError, Related
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Parameter

#: At most this many parameters are named in the message.
MAX_NAMED = 20


def check_values(mechanism: Mechanism) -> None:
    """Raise a `MechanismError` that names every used parameter without a value, and how to give one."""
    missing = mechanism.missing_values()
    if missing:
        raise no_values(mechanism, missing, lambda name: f".with_values({name}=…)")


def no_values(
    mechanism: Mechanism, missing: Sequence[Parameter], in_python: Callable[[str], str], needed_by: str = ""
) -> MechanismError:
    """The error for parameters without a value; `in_python` is how to give one, `needed_by` what asks for them."""
    names = [parameter.name for parameter in missing]
    shown = ", ".join(f"`{name}`" for name in names[:MAX_NAMED])
    if len(names) > MAX_NAMED:
        shown += f" and {len(names) - MAX_NAMED} more"
    first, many = missing[0], len(names) > 1
    them = "them" if many else "it"
    settings = " ".join(f"--set {name}=…" for name in names[:3])
    unit = f" {first.unit}" if first.unit else ""
    hint = (
        f"give {them} with `{settings}`, with `{in_python(first.name)}`, "
        f"or in the file: `parameter {first.name} = …{unit}`"
    )
    related = tuple(Related(f"`{p.name}` is used here", p.span) for p in missing[1:MAX_NAMED] if p.span is not None)
    file = mechanism.source.name if mechanism.source else None
    message = f"{len(names)} parameter{'s have' if many else ' has'} no value: {shown}"
    message += f"; {needed_by} need {them}" if needed_by else ""
    return MechanismError([Diagnostic("error", "E040", message, first.span, hint, related, file)])
