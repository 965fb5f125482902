"""Measured data in commands: read before anything is run, and how far the model is from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mscnet.cli.console import Console
from mscnet.diagnostics import Diagnostic, MechanismError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mscnet.experiment.observations import Observations
    from mscnet.experiment.residuals import Residual
    from mscnet.experiment.results import Run
    from mscnet.mechanism.mechanism import Mechanism

#: The most lines on series.
_MOST_LINES = 40


def file_findings(mechanism: Mechanism) -> tuple[Diagnostic, ...]:
    """What is to be said of the files of data and spectra that a mechanism names."""
    if not mechanism.data_files and not any(shape.path for band in mechanism.bands for shape in band.shapes):
        return ()
    from mscnet.experiment.data_check import check_files

    return check_files(mechanism)


def require_files(mechanism: Mechanism) -> None:
    """Refuses a mechanism whose files of data and spectra cannot be read; raises MechanismError with all findings."""
    errors = [finding for finding in file_findings(mechanism) if finding.severity == "error"]
    if errors:
        raise MechanismError(errors)


def read_observations(mechanism: Mechanism, wanted: Sequence[str] | str | None) -> tuple[Observations, ...]:
    """The data of the experiments asked for (``fig4(30 uL)``), or of all.

    Raises:
        MechanismError: every finding in every file.
    """
    if not mechanism.data_files:
        return ()
    from mscnet.experiment.data import read_data

    texts = [wanted] if isinstance(wanted, str) else wanted
    names = None if texts is None else {text.partition("(")[0].strip() for text in texts}
    found: list[Observations] = []
    errors: list[Diagnostic] = []
    for file in mechanism.data_files:
        if names is None or file.experiment in names:
            try:
                found.append(read_data(file, mechanism))
            except MechanismError as error:
                errors += error.diagnostics
    if errors:
        raise MechanismError(errors)
    return tuple(found)


def residuals_of_run(data: Sequence[Observations], run: Run, some: bool) -> tuple[Residual, ...]:
    """See `experiment.residuals.residuals_of`; nothing is loaded without data."""
    if not data:
        return ()
    from mscnet.experiment.residuals import residuals_of

    return residuals_of(data, run, some)


def tell_residuals(residuals: Sequence[Residual], console: Console) -> None:
    """One line a series on stderr."""
    if not residuals:
        return
    from mscnet.report.residuals import residual_line

    for residual in residuals[:_MOST_LINES]:
        console.message(residual_line(residual))
    if len(residuals) > _MOST_LINES:
        console.message(f"… and {len(residuals) - _MOST_LINES} more series of data")
