"""``mscnet show``: what a mechanism holds and what follows from it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from mscnet.cli.console import Console
from mscnet.cli.exits import Choices, Exit, Failure, not_yet
from mscnet.cli.fitted import add_fitted, read_model
from mscnet.cli.loading import FILE_HELP

if TYPE_CHECKING:
    from mscnet.mechanism.mechanism import Mechanism
    from mscnet.report.views import View

EXAMPLES = """examples:
  mscnet show cdtese
  mscnet show cdtese equations --latex
  mscnet show cdtese graph --dot | dot -Tsvg > graph.svg
  mscnet show receptor contact --out contact.svg
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
    "graph": "which reactions consume, form and depend on each species; --rules: each rule before and after",
    "rules": "rules with their constants and statistical factors, and what they change",
    "contact": "which sites of which molecules can bind, which states change, and by which rules",
    "influence": "which rules bring matches to rules and observables, and which take them",
    "experiments": "the ledger: what every vessel holds after each step",
    "spectra": "peaks of the bands, and isosbestic points of the spectra that experiments measure",
}
#: For these the experiments are done.
_PERFORMED = ("experiments", "spectra")
#: These say what the rules of a file are, so that no network is made of them.
_WITH_RULES = ("summary", "rules", "contact", "influence", "diagrams")
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
    parser.add_argument("--rules", action="store_true", help="graph: of the rules, each before and after")
    parser.add_argument(
        "--out", metavar="FILE", help="write it there: .txt, .json, and where there are such .svg, .dot"
    )
    parser.add_argument("--reduced", action="store_true", help="equations: eliminate species by conserved totals")
    spelling = parser.add_mutually_exclusive_group()
    spelling.add_argument("--latex", action="store_true", help="as LaTeX: equations, conservation, matrix")
    spelling.add_argument("--dot", action="store_true", help="as Graphviz text: graph, contact, influence")
    spelling.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Prints one view of the mechanism to stdout."""
    from mscnet.report.views import VIEWS

    if arguments.what in _LATER:
        raise not_yet(f"`show {arguments.what}`: {_LATER[arguments.what]}", "mscnet show FILE shows what there is")
    subject = _subject(arguments)
    if arguments.what in _PERFORMED:
        from mscnet.cli.experiments import show_experiments

        _check_spelling(arguments, [])
        mechanism = read_model(arguments, console)
        return show_experiments(mechanism, arguments.what, arguments.json, console)
    view = VIEWS[subject]
    _check_spelling(arguments, sorted(view.variants))
    spelling = next((name for name in view.variants if getattr(arguments, name)), None)
    kind = _kind(arguments, view, spelling)
    mechanism = read_model(arguments, console, expand=subject not in _WITH_RULES)
    if kind == "json" and arguments.out is None:
        console.result_json(view.data(mechanism))
        return Exit.DONE
    text = _text(view, kind, mechanism)
    if arguments.out is None:
        console.result(text)
    else:
        _write(arguments.out, text)
        console.message(f"wrote {arguments.out}")
    return Exit.DONE


def _subject(arguments: argparse.Namespace) -> str:
    """The view that is asked for: `graph --rules` and `equations --reduced` have their own."""
    if arguments.rules and arguments.what != "graph":
        raise Failure(f"`show {arguments.what}` has no --rules", "it is there for graph", Exit.USAGE)
    if arguments.out is not None and arguments.what in _PERFORMED:
        raise Failure(f"`show {arguments.what}` has no --out", "redirect what it prints: > FILE", Exit.USAGE)
    if arguments.rules:
        return "diagrams"
    return "reduced" if arguments.reduced and arguments.what == "equations" else arguments.what


def _kind(arguments: argparse.Namespace, view: View, spelling: str | None) -> str:
    """What is to be made: ``text``, ``json``, ``svg`` or another spelling, from the options, else the file's name."""
    asked = spelling or ("json" if arguments.json else "text")
    if arguments.out is None:
        return asked
    from mscnet.cli.outputs import check_extension, check_place

    check_place("--out", arguments.out)
    able = {".txt": "text", ".json": "json"}
    able |= {".dot": "dot", ".gv": "dot"} if "dot" in view.variants else {}
    able |= {".tex": "latex"} if "latex" in view.variants else {}
    able |= {".svg": "svg"} if view.picture is not None else {}
    if asked == "text":
        check_extension("--out", arguments.out, tuple(able))
        return able[Path(arguments.out).suffix.lower()]
    return asked


def _text(view: View, kind: str, mechanism: Mechanism) -> str:
    if kind == "json":
        return json.dumps(view.data(mechanism), indent=2, ensure_ascii=False, allow_nan=False)
    if kind == "svg" and view.picture is not None:
        return view.picture(mechanism)
    return view.text(mechanism) if kind == "text" else view.variants[kind](mechanism)


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror or error}") from None


def _check_spelling(arguments: argparse.Namespace, variants: list[str]) -> None:
    """Refuses --latex, --dot and --reduced where the view has no such spelling."""
    for name in _SPELLINGS:
        reduced = name == "reduced" and arguments.what == "equations"
        if getattr(arguments, name) and not reduced and name not in variants:
            from mscnet.report.views import VIEWS

            able = [subject for subject, view in VIEWS.items() if name in view.variants and subject in _SUBJECTS]
            able = able or ["equations"]
            raise Failure(f"`show {arguments.what}` has no --{name}", "it is there for " + ", ".join(able), Exit.USAGE)
