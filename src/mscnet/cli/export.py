"""``mscnet export``: a mechanism in another program's format."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from mscnet import interop
from mscnet.cli.console import Console
from mscnet.cli.exits import Choices, Exit, not_yet
from mscnet.cli.loading import FILE_HELP, choose_pathway, read_file, with_network
from mscnet.cli.writing import chosen_format, write_out
from mscnet.diagnostics import MechanismError
from mscnet.mechanism.mechanism import Mechanism

EXAMPLES = """examples:
  mscnet export cdtese --to net --out cdtese.net
  mscnet export receptor.mech --to csv
  mscnet export cdtese --pathway eq1 --to latex --out equations.tex

net and csv are the network that rules make; mech keeps the rules."""

#: The formats, beside those of `interop.WRITERS`; a file of LaTeX ends in ``.tex``.
_FORMATS = (*interop.WRITERS, "latex")
#: Formats that are to come.
_LATER = ("bngl", "sbml", "antimony")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    parser.add_argument(
        "--to", metavar="FORMAT", choices=Choices.of(_FORMATS, _LATER), help="one of " + ", ".join(_FORMATS)
    )
    parser.add_argument(
        "--out", metavar="FILE", help="write it there, not to standard output; its extension is a format, too"
    )
    parser.add_argument("--pathway", metavar="P", help="the pathway (default: option pathway, else the first)")
    parser.add_argument("--json", action="store_true", help="print one object with the text and its counts")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Reads the file, writes it in the format."""
    if arguments.to in _LATER:
        raise not_yet(f"writing {arguments.to} is", "there are " + ", ".join(_FORMATS))
    asked = "latex" if arguments.to is None and (arguments.out or "").endswith(".tex") else arguments.to
    form = chosen_format(asked, arguments.out)
    result = read_file(arguments.file, console)
    if result.mechanism is None:
        raise MechanismError(result.diagnostics)
    console.diagnostics([finding for finding in result.diagnostics if finding.severity == "warning"])
    mechanism = result.mechanism
    if form != "mech":
        mechanism = with_network(choose_pathway(mechanism, arguments.pathway, console), console)
    elif arguments.pathway is not None:
        mechanism = mechanism.with_pathway(arguments.pathway)
    write_out(mechanism, form, _lines(mechanism, form), arguments, console)
    return Exit.DONE


def _lines(mechanism: Mechanism, form: str) -> Iterator[str]:
    if form != "latex":
        yield from interop.lines_of(mechanism, form)
        return
    from mscnet.report.views import VIEWS

    yield VIEWS["equations"].variants["latex"](mechanism)
