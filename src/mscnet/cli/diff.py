"""``mscnet diff``: what two mechanisms, or two pathways, really differ in."""

from __future__ import annotations

import argparse
import os
import re

from mscnet.cli.console import Console, wants_colour
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.loading import FILE_HELP, read_file, with_network
from mscnet.diagnostics import MechanismError
from mscnet.mechanism.mechanism import Mechanism

EXAMPLES = """examples:
  mscnet diff old.mech new.mech
  mscnet diff cdtese --pathway eq1 --with-pathway eq2
  mscnet diff cdtese:eq1 mine.mech:eq1 --json

Exit codes: 0 alike, 1 they differ (or the input is wrong), 3 whether they are alike could not be decided."""

_PATHWAY = re.compile(r"(.+):(\w+)\Z", re.DOTALL)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("first", metavar="A", help=FILE_HELP + "; A:P takes its pathway P")
    parser.add_argument("second", metavar="B", nargs="?", help="the other one; without it, A again")
    parser.add_argument("--pathway", metavar="P", help="the pathway of A")
    parser.add_argument("--with-pathway", metavar="Q", help="the pathway of B")
    parser.add_argument("--json", action="store_true", help="print one object with every difference")
    parser.add_argument("--quiet", action="store_true", help="print nothing: the exit code says it")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Reads both, compares them, prints what differs."""
    from mscnet.mechanism.diff import diff

    if arguments.second is None and not (arguments.pathway and arguments.with_pathway):
        message = "one file can be compared with itself by pathways only"
        raise Failure(message, f"mscnet diff {arguments.first} --pathway P --with-pathway Q", Exit.USAGE)
    if arguments.first == arguments.second == "-":
        raise Failure("only one of the two can come from standard input", None, Exit.USAGE)
    first = _read(arguments.first, arguments.pathway, console)
    if arguments.second is None:
        second = _read(arguments.first, arguments.with_pathway, console)
    else:
        second = _read(arguments.second, arguments.with_pathway, console)
    if (first.structure is None) != (second.structure is None):  # rules are held against rules
        first, second = with_network(first, console), with_network(second, console)
    found = diff(first, second)
    if arguments.json:
        console.result_json(found.as_dict())
    elif not arguments.quiet:
        from mscnet.report.diff import diff_text

        console.result(diff_text(found, wants_colour(console.out)))
    if found.undecided and found:
        return Exit.NUMERICS
    return Exit.WRONG_INPUT if found else Exit.DONE


def _read(file: str, pathway: str | None, console: Console) -> Mechanism:
    """The mechanism that ``FILE``, or ``FILE:PATHWAY``, names."""
    named = _PATHWAY.match(file)
    if named and not os.path.exists(file):
        if pathway is not None and pathway != named[2]:
            raise Failure(f"{file} and --pathway {pathway} name two pathways", None, Exit.USAGE)
        file, pathway = named[1], named[2]
    result = read_file(file, console)
    if result.mechanism is None:
        raise MechanismError(result.diagnostics)
    mechanism = result.mechanism
    return mechanism if pathway is None else mechanism.with_pathway(pathway)
