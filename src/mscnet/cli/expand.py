"""``mscnet expand``: the plain mechanism that families, imports and rules stand for."""

from __future__ import annotations

import argparse
from typing import Any

from mscnet import interop
from mscnet.cli.console import Console
from mscnet.cli.exits import Exit
from mscnet.cli.expanding import add_limits, as_data, expand_with_progress, limits_of
from mscnet.cli.loading import FILE_HELP, choose_pathway, read_file
from mscnet.cli.writing import chosen_format, write_out
from mscnet.diagnostics import MechanismError
from mscnet.mechanism.mechanism import Mechanism

EXAMPLES = """examples:
  mscnet expand growth.mech
  mscnet expand growth.mech --out plain.mech
  mscnet expand growth.mech --to net --out growth.net
  mscnet expand receptor.bngl --max-agg 10 --out receptor.net
  mscnet expand cdtese --pathway eq1

Rules are applied until nothing new comes of them, or to the limits of the file and of the options.
Ctrl-C ends that, and what there is by then is written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    known = ", ".join(interop.WRITERS)
    parser.add_argument(
        "--to", metavar="FORMAT", choices=tuple(interop.WRITERS), help=f"one of {known}; mech is the default"
    )
    parser.add_argument(
        "--out", metavar="FILE", help="write it there, not to standard output; its extension is a format, too"
    )
    parser.add_argument(
        "--pathway", metavar="P", help="this pathway alone; without it, all of them where there are no rules"
    )
    parser.add_argument("--json", action="store_true", help="print one object with the text and its counts")
    add_limits(parser)


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Reads the file, writes out what it stands for."""
    form = chosen_format(arguments.to, arguments.out)
    mechanism = _read(arguments.file, arguments.pathway, form, console)
    more: dict[str, Any] = {}
    interrupted = False
    if mechanism.structure is not None:
        expansion = expand_with_progress(mechanism, console, limits_of(arguments))
        mechanism, more = expansion.mechanism, as_data(expansion)
        interrupted = expansion.generated.ending == "interrupted"
        if interrupted:
            console.remark("warning", "interrupted: this is the network so far, and not all that the rules make")
    write_out(mechanism, form, interop.lines_of(mechanism, form), arguments, console, more)
    return Exit.INTERRUPTED if interrupted else Exit.DONE


def _read(file: str, pathway: str | None, form: str, console: Console) -> Mechanism:
    result = read_file(file, console)
    if result.mechanism is None:
        raise MechanismError(result.diagnostics)
    console.diagnostics([finding for finding in result.diagnostics if finding.severity == "warning"])
    if pathway is None and form == "mech" and result.mechanism.structure is None:
        return result.mechanism
    return choose_pathway(result.mechanism, pathway, console)
