"""``--fitted``: the values of a fit, and its pathway, for other commands."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mscnet.cli.console import Console
from mscnet.cli.loading import read_file, read_mechanism, with_network

if TYPE_CHECKING:
    from mscnet.mechanism.mechanism import Mechanism

FITTED_HELP = "with the values (and the pathway) of a fit: its fit.json, or the folder that holds it"


def add_fitted(parser: argparse.ArgumentParser) -> None:
    """Adds the option."""
    parser.add_argument("--fitted", metavar="FIT", help=FITTED_HELP)


def read_model(arguments: argparse.Namespace, console: Console, expand: bool = True) -> Mechanism:
    """The model that FILE, ``--pathway`` and ``--fitted`` name; warnings go to stderr.

    Its rules are written out as a network unless `expand` is false.

    Raises:
        MechanismError: errors in the file, no such pathway, no such fit, or one of other parameters.
    """
    if arguments.fitted is None:
        return read_mechanism(arguments.file, arguments.pathway, console, expand)
    model = _read_fitted(arguments.file, arguments.pathway, arguments.fitted, console)
    return with_network(model, console) if expand else model


def _read_fitted(file: str, pathway: str | None, fitted: str, console: Console) -> Mechanism:
    """The model of FILE with the values of a fit, in its pathway unless another is asked for."""
    from mscnet.diagnostics import MechanismError
    from mscnet.inference.result_files import Fitted

    result = read_file(file, console)
    if result.mechanism is None:
        raise MechanismError(result.diagnostics)
    console.diagnostics([finding for finding in result.diagnostics if finding.severity == "warning"])
    values = Fitted.read(fitted)
    model = values.applied_to(result.mechanism, pathway)
    told = f", pathway {model.pathway}" if model.pathway and pathway is None else ""
    count = len(values.values)
    console.message(f"{count} fitted value{'s' if count != 1 else ''} from {values.path}{told}")
    if values.left_out:
        listed = ", ".join(values.left_out[:6]) + (", …" if len(values.left_out) > 6 else "")
        console.remark("note", f"values that are no parameters of the file are left out: {listed}")
    if values.free_spectra:
        console.remark("note", f"the spectra that were fitted are in {values.path}; here bands are those of {file}")
    if not values.of_this_text(result.mechanism):
        console.remark("note", f"{file} has changed since {values.path} was fitted, or is another file")
    if pathway is not None and values.pathway not in (None, pathway):
        console.remark("note", f"these values were fitted to the pathway {values.pathway}, not to {pathway}")
    return model
