"""What a run still needs, all of it said at once and with how to give it."""

from __future__ import annotations

from mscnet.cli.console import Console
from mscnet.diagnostics import Diagnostic, MechanismError
from mscnet.mechanism.mechanism import Mechanism


def require_values(mechanism: Mechanism, has_end: bool, console: Console) -> None:
    """Refuses a run that lacks parameter values or an end; warns where every species starts at 0.

    Raises:
        MechanismError: one finding for all missing parameters, one for a missing end.
    """
    from mscnet.kinetics.missing import check_values

    findings: list[Diagnostic] = []
    try:
        check_values(mechanism)
    except MechanismError as error:
        findings += error.diagnostics
    if not has_end and mechanism.option("t_end") is None:
        findings.append(_no_end(mechanism))
    if mechanism.species and all(species.initial is None for species in mechanism.species):
        findings.append(_no_start(mechanism))
    if any(finding.severity == "error" for finding in findings):
        raise MechanismError(findings)
    console.diagnostics(findings)


def _no_end(mechanism: Mechanism) -> Diagnostic:
    unit = mechanism.units.time.symbol
    hint = f"say when with `--t-end 100{unit}`, or in the file: `option t_end = 100 {unit}`"
    return Diagnostic("error", "E040", "the run has no end", hint=hint, file=_file(mechanism))


def _no_start(mechanism: Mechanism) -> Diagnostic:
    first = mechanism.species[0]
    unit = mechanism.units.describe(first.dimension)
    hint = f"give initial values with `--init {first.name}=1{unit}`, or in the file: `species {first.name} = 1 {unit}`"
    message = "no species has an initial value, so all start at 0"
    return Diagnostic("warning", "W040", message, hint=hint, file=_file(mechanism))


def _file(mechanism: Mechanism) -> str | None:
    return mechanism.source.name if mechanism.source else None
