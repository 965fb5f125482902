"""`propose`: which sets of elementary reactions explain the data and facts of a mechanism's file."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from mscnet.diagnostics import MechanismError
from mscnet.experiment.data import observations as read_observations
from mscnet.experiment.observations import Observations
from mscnet.inference.candidates import Candidate, Candidates, candidate_of, enumerate_candidates
from mscnet.inference.direct import direct
from mscnet.inference.direct_fit import DirectFitter
from mscnet.inference.objective_fit import ObjectiveFitter
from mscnet.inference.proposals import Proposal, Proposals, Standing, worth_listing
from mscnet.inference.scales import scales_of
from mscnet.inference.search import Watch
from mscnet.inference.search_sets import ALIKE, Asked, SearchSettings, SetSearch
from mscnet.inference.set_fit import SetFit, SetFitter, Steps
from mscnet.inference.set_record import SetRecord
from mscnet.inference.settings import FitSettings
from mscnet.inference.step_model import Scales, common_part, constant_names, with_steps
from mscnet.inference.workers import Crew, in_order
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.without_events import refuse_events
from mscnet.records import dataclass, replace

CRITERIA = ("ebic", "bic", "aicc")
#: The most exact fits where nobody says how many, by what fits them.
FITS = {"courses": 600, "objective": 200}

#: Called with the fraction of the search that may be done, the number of fits, and the best criterion.
ProposeProgress = Callable[[float, int, float], None]


@dataclass(frozen=True, slots=True)
class ProposeSettings:
    """How reactions are proposed.

    Which reactions there are: `species`, `unbalanced`, `catalysts` and `fragments` as in `enumerate_candidates`; `keep`
    names common steps of the file that every set has (None: all), `from_scratch` keeps none; `factor` is a derived
    value that multiplies every new rate constant.  How sets are found: `largest` is the most new steps, `criterion`
    ``ebic``, ``bic`` or ``aicc``, `proposals` how many are given, `fits` the most exact fits (None: see `FITS`),
    `minutes` the most time, `beam` how many sets are followed; `seed` of further starts of fits.  `fit` says which
    facts, data and experiments count.
    """

    species: tuple[str, ...] | None = None
    unbalanced: tuple[str, ...] = ()
    catalysts: bool = False
    fragments: int = 4
    keep: tuple[str, ...] | None = None
    from_scratch: bool = False
    factor: str | None = None
    largest: int = 12
    criterion: str = "ebic"
    proposals: int = 5
    fits: int | None = None
    minutes: float | None = None
    beam: int = 4
    seed: int = 1
    fit: FitSettings = FitSettings()


def propose(
    mechanism: Mechanism,
    settings: ProposeSettings | None = None,
    *,
    observations: Sequence[Observations] | None = None,
    jobs: int = 1,
    folder: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: ProposeProgress | None = None,
    **changes: Any,
) -> Proposals:
    """The sets of elementary reactions that best explain data and facts, with their constants.

    All reactions that composition and charge allow are candidates (`enumerate_candidates`), each direction for itself,
    under the law of mass action.  Sets of them are screened and fitted exactly (`SetSearch`), at first without a look
    at the file's pathways, which are fitted alike afterwards.

    Args:
        mechanism: with pathways or without; its common steps stay in every set unless `settings` say otherwise.
        settings: or their fields by name, such as ``criterion="bic"``.
        observations: data in place of those of the file's ``data`` statements.
        jobs: processes (threads where fits are on courses) that fit side by side; what comes out does not depend on
            it.
        folder: finished fits are kept there (``sets.jsonl``), so that `resume` goes on after a kill.

    Returns:
        `Proposals`; interrupted by Ctrl-C, those found so far.

    Raises:
        MechanismError: no reactions are possible or too many (E147); there is nothing to fit to, or settings make no
            sense (E148); what reading data and performing experiments raise.
    """
    chosen = replace(settings or ProposeSettings(), **changes)
    refuse_events(mechanism, "proposals")
    begun = time.perf_counter()
    task = _Task.of(mechanism, chosen, observations)
    record = None if folder is None else SetRecord(folder, task.marks(), resume)
    search: SetSearch | None = None
    interrupted = False
    try:
        with _mapped(task, jobs) as over:
            search = task.search(record, over, progress)
            search.run([steps for _, steps, _ in task.pathways if steps is not None])
    except KeyboardInterrupt:
        if search is None:
            raise
        interrupted = True
    finally:
        if record is not None:
            record.close()
    assert search is not None
    return task.found(search, time.perf_counter() - begun, interrupted)


@contextmanager
def _mapped(task: _Task, jobs: int) -> Iterator[Callable[..., Iterable[SetFit]]]:
    """A `map` that works side by side: in processes, or in threads where a fit takes milliseconds in a kernel."""
    if jobs <= 1:
        yield map
    elif task.method == "objective":
        with Crew(_Sets(task.fitter), jobs, "spawn") as crew:
            yield lambda _, sets: in_order(crew, list(sets))
    else:
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(jobs)
        try:
            yield pool.map
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Sets:
    """What a process needs to fit sets."""

    fitter: SetFitter

    def work(self) -> Callable[[Asked, Watch], SetFit]:
        """Fits a set."""
        return lambda asked, _watch: self.fitter.fit(*asked)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """What is to be done: candidates, a fitter, and the file's pathways as sets (None: with the reason why not)."""

    base: Mechanism
    settings: ProposeSettings
    candidates: Candidates
    scales: Scales
    fitter: SetFitter
    pathways: tuple[tuple[str, Steps | None, str], ...]
    method: str
    observations: tuple[Observations, ...]

    @classmethod
    def of(cls, mechanism: Mechanism, settings: ProposeSettings, observations: Sequence[Observations] | None) -> _Task:
        _check(settings)
        base = common_part(mechanism, settings.keep, settings.from_scratch)
        possible = enumerate_candidates(
            mechanism, species=settings.species, unbalanced=settings.unbalanced, catalysts=settings.catalysts,
            fragments=settings.fragments,
        )  # fmt: skip
        kept = {candidate_of(reaction) for reaction in base.reactions}
        candidates = replace(possible, reactions=tuple(c for c in possible.reactions if c not in kept))
        if not candidates.reactions:
            raise _no_candidates(mechanism, candidates)
        data = _data(base, settings, observations)
        if not data and not (settings.fit.facts and base.facts):
            hint = "write a `data` statement, or an `expect` block"
            raise MechanismError.of("E148", f"{mechanism.name} has neither data nor facts to explain", hint=hint)
        scales = scales_of(base, data, settings.fit)
        pathways = tuple(_pathways(mechanism, base, candidates))
        fitter, method = _fitter(base, candidates, scales, settings, data)
        return cls(base, settings, candidates, scales, fitter, pathways, method, data)

    def marks(self) -> dict[str, str]:
        """What makes this search this one; see `SetRecord`."""
        from mscnet.inference.record import digest

        model = [repr(getattr(self.base, name)) for name in type(self.base).__dataclass_fields__ if name != "source"]
        how = [name for name in ProposeSettings.__dataclass_fields__ if name not in ("proposals", "fits", "minutes")]
        data: list[bytes] = []
        for each in self.observations:
            for s in each.series:
                data += [s.reading.encode(), repr(sorted(s.values.items())).encode()]
                data += [s.time.tobytes(), s.observed.tobytes(), s.error.tobytes()]
            for scans in each.spectra:
                data += [repr(sorted(scans.values.items())).encode(), scans.time.tobytes()]
                data += [scans.wavelength.tobytes(), scans.absorbance.tobytes(), scans.error.tobytes()]
        return {
            "model": digest(["\n".join(model).encode("utf-8", "surrogatepass")]),
            "data": digest(data),
            "settings": digest([repr([(name, getattr(self.settings, name)) for name in how]).encode()]),
        }

    def search(
        self, record: SetRecord | None, over: Callable[..., Iterable[SetFit]], progress: ProposeProgress | None
    ) -> SetSearch:
        """The search, with what is known of it already."""
        settings = self.settings
        best = math.inf

        def on_fit(fit: SetFit, weighing: int, done: float) -> None:
            nonlocal best
            if record is not None:
                record.add(fit, weighing)
            if progress is not None:
                if not fit.failed:
                    best = min(best, search.score(fit))
                progress(done, search.count, best)

        search = SetSearch(
            self.fitter,
            len(self.candidates.reactions),
            SearchSettings(
                settings.criterion,
                settings.largest,
                settings.beam,
                fits=FITS[self.method] if settings.fits is None else settings.fits,
                seconds=math.inf if settings.minutes is None else 60.0 * settings.minutes,
            ),
            known=None if record is None else record.find,
            on_fit=on_fit,
            over=over,
        )
        return search

    # --- what came out -----------------------------------------------------------------------------

    def found(self, search: SetSearch, seconds: float, interrupted: bool) -> Proposals:
        """The first proposals, and where the pathways stand."""
        ranked = self._ordered(search)
        by_steps = {fit.steps: fit for fit in ranked}
        listed = [by_steps[steps] for steps in worth_listing([(fit.steps, search.score(fit)) for fit in ranked])]
        return Proposals(
            self.base, self.candidates, self.scales, self.settings.criterion,
            tuple(self._proposals(search, listed)), tuple(self._standings(search, listed)),
            max((fit.n_data for fit in ranked), default=0), search.count, search.evaluations, seconds, self.method,
            self.settings.factor, interrupted, search.finished,
        )  # fmt: skip

    def _ordered(self, search: SetSearch) -> list[SetFit]:
        """All fits, the best first; of sets of one size that fit alike, those of lower order first."""
        ranked = search.ranked()

        def simplicity(fit: SetFit) -> tuple[int, ...]:
            chosen = [self.candidates.reactions[j] for j in sorted(fit.steps)]
            return (sum(c.order for c in chosen), sum(n for c in chosen for _, n in c.products), *sorted(fit.steps))

        found: list[SetFit] = []
        while ranked:
            first = ranked[0]
            alike = [fit for fit in ranked if _tied(fit, first)]
            found += sorted(alike, key=simplicity)
            ranked = [fit for fit in ranked if not _tied(fit, first)]
        return found

    def _proposals(self, search: SetSearch, listed: Sequence[SetFit]) -> Iterator[Proposal]:
        if not listed:
            return
        scores = np.array([search.score(fit) for fit in listed])
        weights = np.exp(-0.5 * (scores - scores.min()))
        weights /= weights.sum()
        names = {steps: name for name, steps, _ in reversed(self.pathways) if steps is not None}
        for i, fit in enumerate(listed[: self.settings.proposals]):
            chosen = [(self.candidates.reactions[j], fit.constants[j]) for j in sorted(fit.steps)]
            ties = tuple(j + 1 for j, other in enumerate(listed) if other is not fit and _tied(other, fit))
            yield Proposal(
                i + 1, tuple(c for c, _ in chosen), tuple(k for _, k in chosen), tuple(fit.others.items()),
                float(scores[i]), fit.bic, fit.aicc, float(weights[i]), fit.log_likelihood, fit.n_parameters, fit.rms,
                ties, names.get(fit.steps), fit.steps in search.unaided,
            )  # fmt: skip

    def _standings(self, search: SetSearch, listed: Sequence[SetFit]) -> Iterator[Standing]:
        ranks = {fit.steps: i + 1 for i, fit in enumerate(listed)}
        for name, steps, why in self.pathways:
            fit = None if steps is None else search.fits.get(steps)
            if fit is None or fit.failed:
                yield Standing(name, None, math.nan, math.nan, why or "it could not be fitted")
                continue
            above = search.score(fit) - (search.score(listed[0]) if listed else 0.0)
            rank = ranks.get(fit.steps)
            note = "" if rank is not None else "a part of it does as well"
            yield Standing(name, rank, above, fit.rms, note, steps in search.unaided)


def _tied(a: SetFit, b: SetFit) -> bool:
    return len(a.steps) == len(b.steps) and abs(a.log_likelihood - b.log_likelihood) < ALIKE


def _check(settings: ProposeSettings) -> None:
    if settings.criterion not in CRITERIA:
        raise MechanismError.of("E148", f"the criterion is one of {', '.join(CRITERIA)}, not {settings.criterion!r}")
    for name, least in (("largest", 1), ("proposals", 1), ("fits", 1), ("beam", 1), ("seed", 0)):
        value = getattr(settings, name)
        if name == "fits" and value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise MechanismError.of("E148", f"{name} is a whole number from {least} on, not {value!r}")
    minutes = settings.minutes
    if minutes is not None and (isinstance(minutes, bool) or not 0 < minutes < math.inf):
        raise MechanismError.of("E148", f"minutes is a time above 0, not {minutes!r}")
    if settings.from_scratch and settings.keep:
        raise MechanismError.of("E148", "from_scratch keeps no step, and keep names some", hint="give one of the two")


def _no_candidates(mechanism: Mechanism, candidates: Candidates) -> MechanismError:
    named = ", ".join(name for name, _ in candidates.left_out[:8])
    hint = "give species compositions, as in `species A of Cd2Te2`" + (
        f"; there is none for {named} (`--unbalanced` lets them react nevertheless)" if named else ""
    )
    message = f"composition and charge allow no reaction among the species of {mechanism.name} that it does not have"
    return MechanismError.of("E147", message, hint=hint)


def _data(
    base: Mechanism, settings: ProposeSettings, observations: Sequence[Observations] | None
) -> tuple[Observations, ...]:
    if not settings.fit.data:
        return ()
    found = tuple(observations) if observations is not None else read_observations(base)
    wanted = settings.fit.experiments
    return tuple(o for o in found if (wanted is None or o.experiment in wanted) and (o.series or o.spectra))


def _fitter(
    base: Mechanism, candidates: Candidates, scales: Scales, settings: ProposeSettings,
    data: tuple[Observations, ...],
) -> tuple[SetFitter, str]:  # fmt: skip
    """What fits sets: courses from known starts where that will do, else the objective of each set."""
    reactions: tuple[Candidate, ...] = candidates.reactions
    if not (settings.fit.facts and base.facts) and settings.fit.loss == "normal":
        model = replace(with_steps(base, reactions, scales, factor=settings.factor), facts=())
        names = constant_names(base, len(reactions))
        samples = direct(model, data, settings.fit.rtol, names)
        if samples is not None and samples.samples:
            free = [p for p in base.parameters if p.free]
            return DirectFitter(samples, reactions, names, scales, free, settings.seed), "courses"
    return ObjectiveFitter(
        base, reactions, scales, settings.fit, data, factor=settings.factor, seed=settings.seed
    ), "objective"


def _pathways(mechanism: Mechanism, base: Mechanism, candidates: Candidates) -> Iterator[tuple[str, Steps | None, str]]:
    """Each pathway of the file as a set of candidates: its own steps, and common ones that were not kept.  A file
    without pathways is one, called as the mechanism is, where some of its steps were not kept."""
    kept = {candidate_of(reaction) for reaction in base.reactions}
    names: Collection[str | None] = [pathway.name for pathway in mechanism.pathways] or [None]
    for name in names:
        own = [r for r in mechanism.reactions if r.pathway in (None, name)]
        steps, missing = set(), []
        for reaction in own:
            step = candidate_of(reaction)
            if step in kept:
                continue
            if step is None or step not in candidates.index:
                missing.append(reaction.label or reaction.name)
            else:
                steps.add(candidates.index[step])
        if name is None and not steps:
            continue
        shown = name if name is not None else "the file's own"
        if missing:
            yield shown, None, f"not among the candidates: {', '.join(dict.fromkeys(missing))}"
        else:
            yield shown, frozenset(steps), ""
