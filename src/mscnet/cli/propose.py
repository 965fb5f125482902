"""``mscnet propose``: which elementary reactions explain data and facts."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mscnet.cli.console import Console
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.loading import FILE_HELP, read_file, with_network
from mscnet.cli.quantities import names, positive, repeat_count, seed_number
from mscnet.diagnostics import MechanismError

if TYPE_CHECKING:
    from mscnet.inference.proposals import Proposals
    from mscnet.inference.propose import ProposeSettings
    from mscnet.mechanism.mechanism import Mechanism

EXAMPLES = """examples:
  mscnet propose model.mech
  mscnet propose model.mech --from-scratch --max-reactions 6 --out found
  mscnet propose model.mech --from-scratch --max-reactions 6 --out found --resume
  mscnet propose model.mech --minutes 20 --out found
  mscnet propose model.mech --species A,B,C --criterion bic --json

Every reaction that compositions and charge allow, one or two species in, one or two out (up to four
where one falls apart), is a candidate, each direction for itself, by mass action. Sets of them are
screened, fitted and ranked, the file's own pathways last, so that it is seen whether they are found
unaided; steps outside of pathways are kept unless --from-scratch or --keep says
otherwise. Bonds are not looked at. Exit codes: 0 done, 1 wrong input, 2 wrong usage, 3 no set could be
fitted, 130 interrupted (what was found is shown)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    _add_candidates(parser.add_argument_group("which reactions"))
    counts = parser.add_argument_group("what counts")
    counts.add_argument("--experiment", metavar="E", action="append", help="only this experiment; may be repeated")
    counts.add_argument("--no-facts", action="store_true", help="facts do not count")
    counts.add_argument("--no-data", action="store_true", help="data files do not count")
    search = parser.add_argument_group("the search")
    search.add_argument("--max-reactions", metavar="N", type=repeat_count, default=12,
                        help="the most new steps of a set (default: 12)")  # fmt: skip
    search.add_argument(
        "--proposals", metavar="N", type=repeat_count, default=5, help="how many are shown (default: 5)"
    )
    search.add_argument("--criterion", choices=("ebic", "bic", "aicc"), default="ebic",
                        help="what ranks sets (default: ebic, which counts choices among them)")  # fmt: skip
    search.add_argument("--fits", metavar="N", type=repeat_count,
                        help="the most sets that are fitted (default: 600; 200 where it takes long)")  # fmt: skip
    search.add_argument("--minutes", metavar="M", type=positive, help="begin no fit after so many (default: no limit)")
    search.add_argument("--beam", metavar="N", type=repeat_count, default=4,
                        help="how many sets are followed side by side (default: 4)")  # fmt: skip
    search.add_argument("--seed", metavar="N", type=seed_number, default=1, help="of starts of fits (default: 1)")
    search.add_argument(
        "--jobs", metavar="N", type=repeat_count, default=1, help="how many to fit side by side (default: 1)"
    )
    output = parser.add_argument_group("the output")
    output.add_argument("--out", metavar="DIR", help="keep fits, and write proposals.json and proposals.mech there")
    output.add_argument("--resume", action="store_true", help="go on with the search in --out")
    output.add_argument("--json", action="store_true", help="print an object in place of tables")


def _add_candidates(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--species", metavar="A,B", type=names, help="only among these")
    group.add_argument("--unbalanced", metavar="A,B", type=names, default=[],
                       help="species without a composition that may react nevertheless")  # fmt: skip
    group.add_argument("--catalysts", action="store_true", help="species may stand on both sides: A + C -> B + C")
    group.add_argument("--fragments", metavar="N", type=int, choices=(2, 3, 4), default=4,
                       help="into how many a species may fall apart (default: 4)")  # fmt: skip
    group.add_argument("--keep", metavar="S", type=names, help="common steps that every set has (default: all)")
    group.add_argument("--from-scratch", action="store_true", help="no step is kept")
    group.add_argument("--factor", metavar="F", help="a derived value that multiplies every new rate constant")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Searches, prints what was found, and writes the files of ``--out``."""
    if arguments.resume and arguments.out is None:
        raise Failure("--resume goes on with a search in a folder", "name it: --out DIR", Exit.USAGE)
    result = read_file(arguments.file, console)
    if result.mechanism is None:
        raise MechanismError(result.diagnostics)
    # a file for `propose` need not have a reaction
    console.diagnostics([f for f in result.diagnostics if f.severity == "warning" and f.code != "W060"])
    mechanism = with_network(result.mechanism, console)
    _check_experiments(mechanism, arguments.experiment)
    found = _searched(mechanism, _settings(arguments), arguments, console)
    _print(found, arguments, console)
    if found.interrupted:
        hint = f"--out {arguments.out} --resume goes on" if arguments.out else None
        console.remark("error", f"interrupted; {found.fits} sets had been fitted", hint)
        return Exit.INTERRUPTED
    if not found.finished:
        hint = "--fits and --minutes allow more" + (", --resume goes on" if arguments.out else "")
        console.remark("warning", f"the search stopped after {found.fits} fits, before it came to its end", hint)
    return Exit.DONE if found.proposals else Exit.NUMERICS


def _settings(arguments: argparse.Namespace) -> ProposeSettings:
    from mscnet.inference.propose import ProposeSettings
    from mscnet.inference.settings import FitSettings

    wanted = tuple(arguments.experiment) if arguments.experiment else None
    fit = FitSettings(facts=not arguments.no_facts, data=not arguments.no_data, experiments=wanted)
    return ProposeSettings(
        species=tuple(arguments.species) if arguments.species else None, unbalanced=tuple(arguments.unbalanced),
        catalysts=arguments.catalysts, fragments=arguments.fragments,
        keep=tuple(arguments.keep) if arguments.keep else None, from_scratch=arguments.from_scratch,
        factor=arguments.factor, largest=arguments.max_reactions, criterion=arguments.criterion,
        proposals=arguments.proposals, fits=arguments.fits, minutes=arguments.minutes, beam=arguments.beam,
        seed=arguments.seed, fit=fit,
    )  # fmt: skip


def _check_experiments(mechanism: Mechanism, wanted: list[str] | None) -> None:
    """Refuses, before the work, an experiment that the file does not have."""
    from mscnet.diagnostics import suggest

    known = [experiment.name for experiment in mechanism.experiments]
    for name in wanted or []:
        if name not in known:
            hint = suggest(name, known) or ("it has " + ", ".join(known) if known else None)
            raise MechanismError.of("E010", f"{mechanism.name} has no experiment `{name}`", hint=hint)


def _searched(
    mechanism: Mechanism, settings: ProposeSettings, arguments: argparse.Namespace, console: Console
) -> Proposals:
    from mscnet.cli.progress import Progress
    from mscnet.inference.propose import propose

    with Progress(console) as progress:

        def told(done: float, count: int, best: float) -> None:
            progress.update(done, f"{count} sets" + (f", best {best:.2f}" if best < 1e12 else ""))

        return propose(mechanism, settings, jobs=arguments.jobs, folder=arguments.out, resume=arguments.resume,
                       progress=told)  # fmt: skip


def _print(found: Proposals, arguments: argparse.Namespace, console: Console) -> None:
    from mscnet.report.propose import proposals_data, proposals_text, write_proposals

    if arguments.json:
        console.result_json(proposals_data(found))
    else:
        console.result(proposals_text(found))
    if arguments.out is not None:
        try:
            written = write_proposals(found, arguments.out)
        except OSError as error:
            raise Failure(f"{arguments.out} cannot be written: {error.strerror or error}") from None
        console.message(f"wrote {', '.join(written)} to {arguments.out}")
