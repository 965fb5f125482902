"""``mscnet decompose``: what spectra hold before any mechanism."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from mscnet.cli.console import Console
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.loading import read_mechanism

if TYPE_CHECKING:
    from mscnet.inference.decompose import Decomposition
    from mscnet.inference.decompose_data import SpectralMatrix

EXAMPLES = """examples:
  mscnet decompose model.mech --experiment uv --out uv
  mscnet decompose scans.csv --components 3 --closure
  mscnet decompose scans.jdx --rank

FILE is a mechanism whose `data` hold spectra, or a file of spectra (CSV, Parquet, JCAMP-DX, or an export of
Agilent Cary or Ocean Optics). Without a number, as many components are resolved as can be told apart.
--out DIR writes decompose.json, concentrations.csv, spectra.csv and decompose.png."""

#: What names a mechanism; all else is a file of spectra.
_MECHANISMS = ("", ".mech", ".net", ".bngl", ".xml", ".sbml", ".ant")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help="a mechanism with spectral data, or a file of spectra")
    parser.add_argument("--pathway", metavar="P", help="the pathway (default: option pathway, else the first)")
    parser.add_argument("--experiment", metavar="E", help="only spectra of this experiment, of a mechanism or a table")
    parser.add_argument("--components", metavar="N", type=int, help="how many to resolve")
    parser.add_argument("--noise", metavar="S", type=float,
                        help="the standard deviation of an absorbance, in place of what the data say")  # fmt: skip
    parser.add_argument("--closure", action="store_true", help="the courses add up to the same at every time")
    parser.add_argument("--unimodal", action="store_true", help="every course has one maximum")
    parser.add_argument("--start", choices=("purest", "evolving"), default="purest",
                        help="where the resolution starts: purest wavelengths (default), evolving factors")  # fmt: skip
    parser.add_argument("--rank", action="store_true", help="only how many; nothing is resolved")
    parser.add_argument("--out", metavar="DIR", help="write tables and a figure into this folder, made if need be")
    parser.add_argument("--json", action="store_true", help="print a list of objects in place of the text")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Decomposes every set of spectra and prints what came out."""
    from mscnet.inference.decompose import decompose
    from mscnet.report.decompose import decomposition_data, decomposition_text

    if arguments.out is not None:
        _check_folder(arguments.out)
    matrices, unit = _matrices(arguments, console)
    settings = {"closure": arguments.closure, "unimodal": arguments.unimodal, "initial": arguments.start}
    found = [decompose(each, arguments.components, rank_only=arguments.rank, **settings) for each in matrices]
    if arguments.json:
        console.result_json([decomposition_data(each) for each in found])
    else:
        console.result("\n\n".join(decomposition_text(each) for each in found))
    if arguments.out is not None:
        _write(found, arguments.out, unit, console)
    return Exit.DONE


def _matrices(arguments: argparse.Namespace, console: Console) -> tuple[list[SpectralMatrix], str]:
    """The spectra that are asked for, and the unit of their times."""
    from mscnet.inference.decompose_data import matrix_of, read_spectra

    if Path(arguments.file).suffix.lower() not in _MECHANISMS:
        if arguments.pathway is not None:
            raise Failure("--pathway is for mechanisms", "this is a file of spectra", Exit.USAGE)
        name = Path(arguments.file).name
        return [
            matrix_of(each, arguments.noise, name) for each in read_spectra(arguments.file, arguments.experiment)
        ], ""
    from mscnet.cli.data import read_observations

    mechanism = read_mechanism(arguments.file, arguments.pathway, console)
    made = []
    for data in read_observations(mechanism, arguments.experiment):
        for each in data.spectra:
            values = ", ".join(f"{name} = {value:g}" for name, value in each.values.items())
            name = f"{data.experiment}({values}) {each.reading}" if values else f"{data.experiment} {each.reading}"
            made.append(matrix_of(each, arguments.noise, name))
    if not made:
        of = f" of `{arguments.experiment}`" if arguments.experiment else ""
        hint = 'name some: `data uv "scans.csv"`, whose experiment measures a spectrum; or give a file of spectra'
        raise Failure(f"{arguments.file} has no data{of} with whole spectra", hint)
    return made, mechanism.units.time.symbol


def _check_folder(path: str) -> None:
    """Refuses a folder that cannot be made or written to."""
    folder = Path(os.path.realpath(path))
    if folder.exists() and not folder.is_dir():
        raise Failure(f"--out {path}: this is a file", "name a folder, which is made if need be")
    above = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(above, os.W_OK):
        raise Failure(f"--out {path}: nothing may be written to {above}")


def _write(found: list[Decomposition], folder: str, unit: str, console: Console) -> None:
    from mscnet.report.decompose import write_decompositions

    try:
        written = write_decompositions(found, folder, unit)
    except OSError as error:
        raise Failure(f"{folder} cannot be written to: {error.strerror or error}") from None
    for path in written:
        console.message(f"wrote {path}")
