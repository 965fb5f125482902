"""Options of ``mscnet fit`` that say how sure the fitted constants are: profiles, samples, bootstraps, bands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscnet.cli.console import Console
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.quantities import names, repeat_count

if TYPE_CHECKING:
    from mscnet.inference.problem import Objective
    from mscnet.inference.result import FitResult


def add_uncertainty_arguments(parser: argparse.ArgumentParser) -> None:
    """The options, in a group of their own."""
    group = parser.add_argument_group("how sure the constants are")
    group.add_argument("--profile", action="store_true",
                       help="profile likelihoods: intervals, and whether each constant is identifiable")  # fmt: skip
    group.add_argument("--profile-of", metavar="K", type=names, default=[], help="only of these: k1,k2")
    group.add_argument("--sample", metavar="N", type=repeat_count,
                       help="sample the posterior: N draws of each walker, from 4 ensembles")  # fmt: skip
    group.add_argument("--bootstrap", metavar="N", type=repeat_count, help="fit again to data drawn anew, N times")
    kinds = ("parametric", "residual", "case")
    group.add_argument("--bootstrap-kind", metavar="B", choices=kinds, default="parametric",
                       help="how data are drawn: parametric (default), residual, case")  # fmt: skip
    group.add_argument("--bands", action="store_true",
                       help="bands of prediction of all readings, from --sample or --bootstrap, else linearised; "
                       "into --out")  # fmt: skip
    group.add_argument("--band-of", metavar="B", choices=("mean", "measurement"), default="mean",
                       help="of the mean (default), or where a new measurement lies")  # fmt: skip


def check_uncertainty(arguments: argparse.Namespace) -> None:
    """Refuses, before a fit, what could not be done after it.

    Raises:
        Failure: ``--bands`` without a folder, a bootstrap of one repeat.
        MechanismError: a package of the extra is missing.
    """
    if arguments.bootstrap == 1:
        raise Failure("one repeat of a bootstrap says nothing of a spread", "ask for 200 or more", Exit.USAGE)
    if arguments.bands and arguments.out is None:
        raise Failure("--bands writes tables and pictures to a folder", "name it: --out DIR", Exit.USAGE)
    if arguments.sample is not None:
        from mscnet.inference.sample import require

        require()


def check_names(arguments: argparse.Namespace, objective: Objective) -> None:
    """Refuses, before a fit, profiles of what is not fitted.

    Raises:
        MechanismError: there is no such parameter.
    """
    from mscnet.inference.profile import places

    places(objective, arguments.profile_of)


def forget_others(folder: str) -> None:
    """Takes what these options wrote for an earlier fit out of the folder of a new one."""
    for name in ("profiles.png", "samples.nc", "pairs.png", "bootstrap.csv", "bands.csv", "bands.png"):
        (Path(folder) / name).unlink(missing_ok=True)


def wanted(arguments: argparse.Namespace) -> bool:
    """Whether any of the options is given."""
    return bool(arguments.profile or arguments.profile_of or arguments.sample or arguments.bootstrap or arguments.bands)


def run_uncertainty(
    arguments: argparse.Namespace, result: FitResult, objective: Objective, folder: str | None, console: Console
) -> tuple[Exit, dict[str, Any]]:
    """Does what was asked for, prints it (unless ``--json``), writes files to `folder`; the exit code, and objects for
    JSON by name.

    Raises:
        Failure: a file that cannot be written.
        MechanismError: an unknown parameter; what the library raises.
    """
    doing = _Doing(arguments, result, objective, folder, console)
    try:
        for step in (doing.profile, doing.sample, doing.bootstrap, doing.bands):
            if not step():
                return Exit.INTERRUPTED, doing.data
    except OSError as error:
        raise Failure(f"{folder} cannot be written: {error.strerror or error}") from None
    finally:
        if doing.written:
            console.message(f"wrote {', '.join(doing.written)} to {folder}")
    return Exit.DONE, doing.data


class _Doing:
    """The steps one after the other; each tells whether it came to its end."""

    def __init__(
        self, arguments: argparse.Namespace, result: FitResult, objective: Objective, folder: str | None,
        console: Console,
    ) -> None:  # fmt: skip
        self._arguments, self._result, self._objective = arguments, result, objective
        self._folder = None if folder is None else Path(folder)
        self._console = console
        self._source: Any = None
        self._jobs = arguments.jobs or 1
        self.data: dict[str, Any] = {}
        self.written: list[str] = []

    def profile(self) -> bool:
        """``--profile``."""
        from mscnet.inference.profile import ProfilesInterrupted, profile
        from mscnet.report.profiles import plot_profiles, profile_data, profile_table

        if not (self._arguments.profile or self._arguments.profile_of):
            return True
        chosen, whole = self._arguments.profile_of or None, True
        try:
            found = self._done(
                lambda tell: profile(self._objective, self._result.theta, chosen, jobs=self._jobs,
                                     folder=self._folder, resume=self._arguments.resume, progress=tell)
            )  # fmt: skip
        except ProfilesInterrupted as ended:
            found, whole = ended.profiles, False
            self._interrupted(f"{len(found.profiles)} profiles had finished", "the same command goes on with --resume")
        if found.profiles:
            self._say("Profile likelihood", profile_table(found))
            self.data["profiles"] = profile_data(found)
            self._draw("profiles.png", lambda: plot_profiles(found, self._result.title))
        return whole

    def sample(self) -> bool:
        """``--sample``."""
        if self._arguments.sample is None:
            return True
        from mscnet.inference.sample import SamplingInterrupted, sample
        from mscnet.report.samples import plot_pairs, sample_data, sample_table

        whole = True
        try:
            found = self._done(
                lambda tell: sample(self._objective, self._result.theta, self._arguments.sample, jobs=self._jobs,
                                    seed=self._arguments.seed, progress=tell)
            )  # fmt: skip
        except SamplingInterrupted as ended:
            found, whole = ended.samples, False
            self._interrupted(f"{0 if found is None else len(found.thetas)} ensembles had finished")
        if found is not None:
            self._source = found
            judged = found.convergence()
            self._say("Samples of the posterior", sample_table(found, found=judged))
            self.data["samples"] = sample_data(found, judged)
            self._write("samples.nc", found.write)
            self._draw("pairs.png", lambda: plot_pairs(found, self._result.title))
        return whole

    def bootstrap(self) -> bool:
        """``--bootstrap``."""
        if self._arguments.bootstrap is None:
            return True
        from mscnet.inference.bootstrap import BootstrapInterrupted, bootstrap
        from mscnet.report.fit import remark
        from mscnet.report.profiles import bootstrap_data, bootstrap_table, write_bootstrap

        whole = True
        try:
            found = self._done(
                lambda tell: bootstrap(self._objective, self._result.theta, self._arguments.bootstrap,
                                       self._arguments.bootstrap_kind, jobs=self._jobs, seed=self._arguments.seed,
                                       progress=tell)
            )  # fmt: skip
        except BootstrapInterrupted as ended:
            found, whole = ended.bootstrap, False
            self._interrupted(f"{len(found.thetas)} repeats had finished")
        if len(found.flat) > 1:
            self._source = self._source or found
            unknown = [e.name for e in self._result.estimates() if remark(e) == "not determined"]
            self._say("Bootstrap", bootstrap_table(found, unknown=unknown))
            self.data["bootstrap"] = bootstrap_data(found)
            self._write("bootstrap.csv", lambda path: write_bootstrap(found, path))
        return whole

    def bands(self) -> bool:
        """``--bands``."""
        if not self._arguments.bands or self._folder is None:
            return True
        from mscnet.inference.predict import predict
        from mscnet.report.bands import plot_bands, write_bands

        model = getattr(self._objective, "model", self._result.model)
        found = predict(self._objective, self._result.theta, model, self._source,
                        noise=self._arguments.band_of == "measurement", seed=self._arguments.seed,
                        rtol=self._result.settings.rtol)  # fmt: skip
        if found.unknown:
            listed = ", ".join(found.unknown)
            self._console.remark("warning", f"bands take {listed} as known: the covariance has no errors of these")
        if found.failed:
            self._console.remark("warning", f"{found.failed} of {found.drawn} courses of the bands could not be run")
        self._write("bands.csv", lambda path: write_bands(found, path))
        if found.bands:
            self._draw("bands.png", lambda: plot_bands(found, model.units.time.symbol, self._result.title))
        return True

    # --- how each is done ------------------------------------------------------------------------

    def _done(self, work: Callable[[Callable[[float], None]], Any]) -> Any:
        from mscnet.cli.progress import Progress

        with Progress(self._console) as progress:
            return work(progress.update)

    def _interrupted(self, said: str, hint: str | None = None) -> None:
        self._console.remark("error", f"interrupted; {said}", hint if self._folder is not None else None)

    def _say(self, title: str, text: str) -> None:
        if not self._arguments.json:
            self._console.result(f"\n{title}\n\n{text}")

    def _write(self, name: str, write: Callable[[Path], None]) -> None:
        from mscnet.report.files import write_whole

        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._folder / name, write)
            self.written.append(name)

    def _draw(self, name: str, figure: Callable[[], Any]) -> None:
        from mscnet.report.plots import save_figure

        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            save_figure(figure(), self._folder / name)
            self.written.append(name)
