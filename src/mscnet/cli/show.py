"""``mscnet show``: what a mechanism holds and what follows from it."""

from __future__ import annotations

import argparse

from mscnet.cli.console import Console
from mscnet.cli.exits import Choices, Exit, Failure, not_yet
from mscnet.cli.fitted import add_fitted, read_model
from mscnet.cli.loading import FILE_HELP

EXAMPLES = """examples:
  mscnet show cdtese
  mscnet show cdtese equations --latex
  mscnet show cdtese graph --dot | dot -Tsvg > graph.svg
  echo 'A + B <-> C' | mscnet show - conservation"""

#: What there is to see, with what it shows; the views themselves are in `mscnet.report.views`.
_SUBJECTS = {
    "summary": "what the file holds, what is missing, what to try next (default)",
    "equations": "the rate equations; --reduced without the dependent species",
    "species": "labels, compositions, initial values",
    "reactions": "steps and rate laws, parameters, derived values, observables",
    "matrix": "the net stoichiometry",
    "conservation": "the conserved totals",
    "events": "what happens in a run, at which times or on which conditions",
    "graph": "which reactions consume, form and depend on each species",
    "experiments": "the ledger: what every vessel holds after each step",
    "spectra": "peaks of the bands, and isosbestic points of the spectra that experiments measure",
}
#: For these the experiments are done.
_PERFORMED = ("experiments", "spectra")
#: These say what the rules of a file are, so that no network is made of them.
_WITH_RULES = ("summary",)
#: What there will be to see.
_LATER = {"analysis": "structural analysis is"}
#: Options that choose another spelling, with the subjects that have it.
_SPELLINGS = ("latex", "dot", "reduced")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    subjects = "; ".join(f"{name}: {what}" for name, what in _SUBJECTS.items())
    known = Choices.of(_SUBJECTS, _LATER)
    parser.add_argument("what", metavar="WHAT", nargs="?", default="summary", choices=known, help=subjects)
    parser.add_argument("--pathway", metavar="P", help="the pathway (default: option pathway, else the first)")
    add_fitted(parser)
    parser.add_argument("--reduced", action="store_true", help="equations: eliminate species by conserved totals")
    spelling = parser.add_mutually_exclusive_group()
    spelling.add_argument("--latex", action="store_true", help="as LaTeX: equations, conservation, matrix")
    spelling.add_argument("--dot", action="store_true", help="as Graphviz text: graph")
    spelling.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Prints one view of the mechanism to stdout."""
    from mscnet.report.views import VIEWS

    if arguments.what in _LATER:
        raise not_yet(f"`show {arguments.what}`: {_LATER[arguments.what]}", "mscnet show FILE shows what there is")
    if arguments.what in _PERFORMED:
        from mscnet.cli.experiments import show_experiments

        _check_spelling(arguments, [])
        mechanism = read_model(arguments, console)
        return show_experiments(mechanism, arguments.what, arguments.json, console)
    subject = "reduced" if arguments.reduced and arguments.what == "equations" else arguments.what
    view = VIEWS[subject]
    _check_spelling(arguments, sorted(view.variants))
    mechanism = read_model(arguments, console, expand=arguments.what not in _WITH_RULES)
    if arguments.json:
        console.result_json(view.data(mechanism))
        return Exit.DONE
    spelling = next((name for name in view.variants if getattr(arguments, name)), None)
    console.result(view.variants[spelling](mechanism) if spelling else view.text(mechanism))
    return Exit.DONE


def _check_spelling(arguments: argparse.Namespace, variants: list[str]) -> None:
    """Refuses --latex, --dot and --reduced where the view has no such spelling."""
    for name in _SPELLINGS:
        reduced = name == "reduced" and arguments.what == "equations"
        if getattr(arguments, name) and not reduced and name not in variants:
            from mscnet.report.views import VIEWS

            able = [subject for subject, view in VIEWS.items() if name in view.variants and subject in _SUBJECTS]
            able = able or ["equations"]
            raise Failure(f"`show {arguments.what}` has no --{name}", "it is there for " + ", ".join(able), Exit.USAGE)
