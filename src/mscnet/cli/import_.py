"""``mscnet import``: a model of another program in the language of mscnet, its rules kept."""

from __future__ import annotations

import argparse

from mscnet import interop
from mscnet.cli.console import Console
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.loading import read_file
from mscnet.cli.writing import write_out
from mscnet.diagnostics import MechanismError

EXAMPLES = """examples:
  mscnet import receptor.bngl
  mscnet import receptor.bngl --out receptor.mech
  mscnet import network.net --out network.mech

Rules stay rules; `mscnet expand` makes a network of them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    known = ", ".join(interop.READERS)
    parser.add_argument("file", metavar="MODEL", help=f"a file of another program ({known}), or of mscnet")
    parser.add_argument("--out", metavar="FILE", help="the .mech file to write, instead of standard output")
    parser.add_argument("--json", action="store_true", help="print one object with the text and its counts")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Reads the model, writes it in the language."""
    from mscnet.cli.outputs import check_extension, check_place

    if arguments.out is not None:
        check_extension("--out", arguments.out, (".mech",))
        check_place("--out", arguments.out)
    result = read_file(arguments.file, console)
    if result.mechanism is None:
        raise MechanismError(result.diagnostics)
    console.diagnostics([finding for finding in result.diagnostics if finding.severity != "error"])
    if arguments.out is not None and arguments.out == arguments.file:
        raise Failure(f"--out {arguments.out}: this is the file that is read", "name another one", Exit.USAGE)
    write_out(result.mechanism, "mech", interop.lines_of(result.mechanism, "mech"), arguments, console)
    return Exit.DONE
