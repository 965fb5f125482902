"""`compare`: every pathway fitted alike, ranked, with what decides between them and how far that can be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscnet.diagnostics import Diagnostic, MechanismError, suggest
from mscnet.experiment.observations import Observations
from mscnet.inference import standing
from mscnet.inference.comparison import Comparison, Ranked
from mscnet.inference.comparison_files import folder_name
from mscnet.inference.criteria import Criteria, CriterionName, criteria_of, weights
from mscnet.inference.crossval import Fold, fold_tasks, foretold
from mscnet.inference.deciding import check_same_terms, deciding_between
from mscnet.inference.fit import FitFailed, FitTask, task_of
from mscnet.inference.fit_many import FitsInterrupted, Progress, fit_all
from mscnet.inference.nested import likelihood_ratio, nested_pairs
from mscnet.inference.result import FitResult
from mscnet.inference.runs_test import runs_tests
from mscnet.inference.settings import FitSettings, with_changes
from mscnet.inference.verdict_text import assumptions, verdict_of
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import replace

if TYPE_CHECKING:
    import os

#: Between a model's name and the experiment that it is fitted without.
WITHOUT = " without "


def compare(
    mechanisms: Mechanism | Sequence[Mechanism],
    settings: FitSettings | None = None,
    *,
    pathways: Sequence[str] | None = None,
    starts: int | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    cross_validate: bool = False,
    nested: Sequence[tuple[str, str]] = (),
    observations: Sequence[Observations] | None = None,
    folder: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    **changes: Any,
) -> Comparison:
    """Fits every pathway of a mechanism (or several mechanisms) to the same data and facts, and ranks them.

    Ranked by AICc; by BIC where AICc is undefined for one of them (n <= k + 1).  n counts one term for each datum,
    each equality fact and each inequality fact (see `Counts`).

    Args:
        mechanisms: one with pathways, or several; those that have pathways themselves count as each of them.
        settings: how each is fitted; `starts`, `seed` and further settings by name change single ones.
        pathways: only these, in any order.
        jobs: processes, which the starts of all models share; None: as many as there are cores, where it is worth it.
        cross_validate: leave each experiment out in turn, too; takes a fit for each.
        nested: pairs (smaller, larger) to test by their likelihood ratio, beside those whose steps say it.
        observations: measured data in place of those of the files.
        folder: each pathway's starts are kept in a folder of its own in it; `resume` goes on with them.
        progress: called with the starts done, those in all, a pathway, and its best cost so far.

    Raises:
        MechanismError: E145, there are not two models, they explain different data, or a name is unknown; what `fit`
            raises.
        FitFailed: none of them could be run at any start.
        ComparisonInterrupted: Ctrl-C was pressed.
    """
    models = models_of(mechanisms, pathways)
    _check_pairs(nested, [name for name, _ in models])
    chosen = with_changes(settings, {"starts": starts, "seed": seed, **changes})
    if resume and folder is None:
        hint = "name the folder of the comparison that is to go on: folder=… (--out DIR)"
        raise MechanismError.of("E145", "a comparison can only go on (resume) in the folder it was kept in", hint=hint)
    tasks = {name: task_of(model, _own(chosen, model, models), observations) for name, model in models}
    places = _places(folder, {name: folder_name(name) for name in tasks})
    try:
        fits, failed = fit_all(tasks, jobs=jobs, folders=places, resume=resume, progress=progress)
        folds = _folds(fits, tasks, folder, jobs, resume, progress) if cross_validate else ()
    except FitsInterrupted as ended:
        raise _interrupted(ended, nested) from None
    return compared(fits, folds=folds, nested=nested, failed=failed)


def _own(settings: FitSettings, model: Mechanism, models: Sequence[tuple[str, Mechanism]]) -> FitSettings:
    """The settings without names of parameters that another pathway has and this one has not; a pathway without any
    free parameter is ranked as it stands."""
    mine = {p.name for p in model.parameters}
    others = {p.name for _, each in models for p in each.parameters} - mine

    def held(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name not in others)

    local = {name: where for name, where in settings.local.items() if name not in others}
    return replace(settings, free=held(settings.free), fixed=held(settings.fixed), linear=held(settings.linear),
                   local=local, as_it_stands=True)  # fmt: skip


class ComparisonInterrupted(KeyboardInterrupt):
    """Ctrl-C ended a comparison: `.comparison` ranks what was finished (None where that is not two models), `.done`
    counts the finished starts."""

    def __init__(self, comparison: Comparison | None, done: int) -> None:
        super().__init__(f"interrupted after {done} starts")
        self.comparison: Comparison | None = comparison
        self.done = done


def _interrupted(ended: FitsInterrupted, nested: Sequence[tuple[str, str]]) -> ComparisonInterrupted:
    models = {name: found for name, found in ended.results.items() if WITHOUT not in name}
    pairs = [pair for pair in nested if set(pair) <= set(models)]
    return ComparisonInterrupted(compared(models, nested=pairs) if len(models) > 1 else None, ended.done)


def _places(folder: str | os.PathLike[str] | None, names: Mapping[str, str]) -> dict[str, Path]:
    return {} if folder is None else {key: Path(folder) / name for key, name in names.items()}


def _folds(
    fits: Mapping[str, FitResult], tasks: Mapping[str, FitTask], folder: str | os.PathLike[str] | None,
    jobs: int | None, resume: bool, progress: Progress | None,
) -> tuple[Fold, ...]:  # fmt: skip
    """Every model without every experiment, all in one pool."""
    parts = {(name, left): task for name in fits for left, task in fold_tasks(fits[name], tasks[name]).items()}
    keys = {f"{name}{WITHOUT}{left}": (name, left) for name, left in parts}
    places = _places(folder, {key: f"{folder_name(n)}/without-{folder_name(left)}" for key, (n, left) in keys.items()})
    found, _ = fit_all({key: parts[pair] for key, pair in keys.items()}, jobs=jobs, folders=places, resume=resume,
                       progress=progress)  # fmt: skip
    return tuple(foretold(*keys[key], fit, tasks[keys[key][0]]) for key, fit in found.items())


# --- which models -----------------------------------------------------------------------------------


def models_of(
    mechanisms: Mechanism | Sequence[Mechanism], pathways: Sequence[str] | None = None
) -> list[tuple[str, Mechanism]]:
    """The models to compare, each with its name: the pathway's, or the mechanism's; with a number where two are
    called alike.

    Raises:
        MechanismError: E145, fewer than two, or no such pathway.
    """
    several = [mechanisms] if isinstance(mechanisms, Mechanism) else list(mechanisms)
    found: list[tuple[str, Mechanism]] = []
    for mechanism in several:
        family = mechanism.pathways if mechanism.pathway is None else ()
        names = [pathway.name for pathway in family]
        if not names:
            found.append((mechanism.pathway or mechanism.name, mechanism))
        alone = len(several) == 1
        found += [(n if alone else f"{mechanism.name}:{n}", mechanism.with_pathway(n)) for n in names]
    found = _numbered(found)
    if pathways is not None:
        found = _chosen(found, pathways)
    if len(found) < 2:
        said = f"only `{found[0][0]}`" if found else "no model"
        hint = "give a file with several `pathway NAME { … }`, or several files"
        raise MechanismError.of("E145", f"there is {said}, and nothing to compare it with", hint=hint)
    return found


def _numbered(found: list[tuple[str, Mechanism]]) -> list[tuple[str, Mechanism]]:
    names = [name for name, _ in found]
    return [
        (name if names.count(name) == 1 else f"{name}-{names[:i].count(name) + 1}", model)
        for i, (name, model) in enumerate(found)
    ]


def _chosen(found: list[tuple[str, Mechanism]], wanted: Sequence[str]) -> list[tuple[str, Mechanism]]:
    by_name = dict(found)
    for name in wanted:
        if name not in by_name:
            listed = "there are " + ", ".join(by_name)
            raise MechanismError.of("E145", f"there is no pathway `{name}`", hint=suggest(name, by_name) or listed)
    return [(name, by_name[name]) for name in dict.fromkeys(wanted)]


def _check_pairs(pairs: Sequence[tuple[str, str]], names: Sequence[str]) -> None:
    for pair in pairs:
        for name in pair:
            if name not in names:
                hint = suggest(name, names) or "there are " + ", ".join(names)
                raise MechanismError.of("E145", f"`{name}` is not among what is compared", hint=hint)
        if pair[0] == pair[1]:
            raise MechanismError.of("E145", f"`{pair[0]}` cannot be nested in itself")


# --- ranking fits that are there ----------------------------------------------------------------------


def compared(
    fits: Mapping[str, FitResult],
    *,
    folds: Iterable[Fold] = (),
    nested: Iterable[tuple[str, str]] = (),
    failed: Mapping[str, str] | None = None,
) -> Comparison:
    """Ranks fits that have been made, by name; `failed` are models that could not be fitted, and why.

    Raises:
        MechanismError: E145, they were fitted to different data or facts.
        FitFailed: there is no fit.
    """
    names = list(fits)
    if not names:
        said = "; ".join(f"{name}: {why}" for name, why in (failed or {}).items())
        raise FitFailed([Diagnostic("error", "E145", f"no pathway could be fitted: {said}")])
    for name in names[1:]:
        check_same_terms(fits[names[0]], fits[name], name)
    criteria = {name: criteria_of(found) for name, found in fits.items()}
    criterion, order, values = ranking(criteria)
    shares = dict(zip(order, weights([values[name] for name in order]), strict=True))
    ranked = tuple(
        _ranked(name, i, fits[name], criteria[name], values[name] - values[order[0]], shares)
        for i, name in enumerate(order, 1)
    )
    best = fits[order[0]]
    deciding = tuple(row for name in order[1:] for row in deciding_between(best, fits[name], name))
    wanted = [pair for pair in nested if set(pair) <= set(fits)]
    pairs = dict.fromkeys([*wanted, *nested_pairs([(name, fits[name].model) for name in order])])
    ratios = tuple(likelihood_ratio(a, b, criteria[a], criteria[b]) for a, b in pairs)
    return _told(Comparison(criterion, ranked, deciding, ratios, tuple(folds), dict(failed or {}), fits=dict(fits)))


def _told(comparison: Comparison) -> Comparison:
    return replace(comparison, verdict=verdict_of(comparison), assumed=assumptions(comparison))


def ranking(criteria: Mapping[str, Criteria]) -> tuple[CriterionName, list[str], dict[str, float]]:
    """By which criterion, the names in their order, and its values: AICc where it is defined for all, else BIC.

    Models that could not be fitted (a likelihood that is not finite) come last.
    """
    by_aicc = {name: each.aicc for name, each in criteria.items()}
    name: CriterionName = "bic" if any(value is None for value in by_aicc.values()) else "aicc"
    found = {key: (by_aicc[key] if name == "aicc" else each.bic) for key, each in criteria.items()}
    values = {key: value if value is not None and math.isfinite(value) else math.inf for key, value in found.items()}
    return name, sorted(values, key=lambda key: values[key]), values


def _ranked(
    name: str, rank: int, found: FitResult, criteria: Criteria, delta: float,
    shares: Mapping[str, float],
) -> Ranked:  # fmt: skip
    label = next((p.label or "" for p in found.model.pathways if p.name == found.model.pathway), "")
    top = max(shares.values())
    relative = shares[name] / top if top > 0 else math.nan
    return Ranked(
        name, label, rank, criteria, delta, shares[name], relative,
        standing.facts_met(found.verdicts), standing.reached(found), runs_tests(found), standing.at_bounds(found),
        standing.amounts(found), standing.prior_squares(found),
    )  # fmt: skip
