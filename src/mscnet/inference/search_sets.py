"""The search for sets of steps that explain the data: screened by linear models, decided by exact fits.

A beam of the best sets is followed.  About the fit of each, linear models say which steps it lacks, which it can do
without, and which to exchange; what they find is fitted exactly.  The search ends when all neighbours of the best sets
that the screens put forward have been fitted (stepwise selection both ways, with exchanges: A. J. Miller, Subset
Selection in Regression (2002), ch. 3).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from mscnet.inference.screen import Surrogate, screened
from mscnet.inference.set_fit import SetFit, SetFitter, Steps, log_choices
from mscnet.records import dataclass

#: A set that is to be fitted, with constants to start from and the file's own parameters.
Wanted = tuple[Steps, Mapping[int, float], Mapping[str, float]]
#: The same with the log-likelihood below which it is not worth a long fit.
Asked = tuple[Steps, Mapping[int, float], Mapping[str, float], float]

#: A set is as good as another where ln L differs by less.
ALIKE = 0.05
#: How often errors are estimated anew from the best fit, and how many sets a place of the beam are then fitted again.
_WEIGHINGS, _AGAIN = 2, 5
#: The share of the budget that is for the search before it is told any set; and by how much in ln L a set may be worse
#: than the last one of the beam and yet be fitted to the end.
_BLIND, _SLACK = 2.0 / 3.0, 3.0


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How sets are searched for: `criterion`, the most `largest` steps of a set, the `beam`, how many sets each screen
    puts forward, the most exact `fits`, and the most `seconds`, after which no further ones are begun."""

    criterion: str = "ebic"
    largest: int = 12
    beam: int = 4
    proposed: int = 8
    fits: int = 600
    seconds: float = math.inf


class SetSearch:
    """A search and all that it has fitted so far.

    Args:
        known: gives the fit of a set that is known already, as after an interruption; with it goes how often errors
            were estimated anew before.
        on_fit: called with every fit, that number, and a guess of the fraction of the search that is done.
        over: maps a function over sets, perhaps in several threads or processes, in their order.
    """

    def __init__(
        self,
        fitter: SetFitter,
        candidates: int,
        settings: SearchSettings,
        *,
        known: Callable[[Steps, int], SetFit | None] | None = None,
        on_fit: Callable[[SetFit, int, float], None] | None = None,
        over: Callable[..., Iterable[SetFit]] = map,
    ) -> None:
        self._fitter, self._candidates, self._settings = fitter, candidates, settings
        self._known, self._on_fit, self._over = known, on_fit, over
        self.fits: dict[Steps, SetFit] = {}
        #: Fits that were made before errors were estimated anew; how often that was; and whether the search came to
        #: its end.
        self.earlier, self.weighing, self.finished = 0, 0, False
        self.evaluations = 0
        self._unaided: frozenset[Steps] | None = None
        self._begun, self._share = time.monotonic(), 1.0

    def score(self, fit: SetFit) -> float:
        """The criterion, lower is better."""
        match self._settings.criterion:
            case "bic":
                return fit.bic
            case "aicc":
                return fit.aicc
            case _:
                return fit.ebic(self._candidates, len(fit.steps))

    @property
    def count(self) -> int:
        """How many sets were fitted, those before errors were estimated anew among them."""
        return self.earlier + len(self.fits)

    @property
    def unaided(self) -> frozenset[Steps]:
        """Sets that were found before any set was told."""
        return frozenset(self.fits) if self._unaided is None else self._unaided

    def ranked(self) -> list[SetFit]:
        """All fits that went through, the best first; sets of which a constant is at its lower end are as good as
        the smaller one without it, which stands before them."""
        good = [fit for fit in self.fits.values() if not fit.failed]
        return sorted(good, key=lambda fit: (self.score(fit), len(fit.steps), sorted(fit.steps)))

    def run(self, starts: Collection[Steps]) -> None:
        """Search from the empty set and from what the data show without a fit; then from the sets `starts`, too, which
        somebody has in mind, so that it is known whether they are found unaided."""
        self._share = _BLIND if starts else 1.0
        self._fit_all([(frozenset(), {}, {})])
        first = self._fitter.first()
        if first is not None:
            self._fit_all(self._from(first, [frozenset()], None, 3 * self._settings.proposed))
        self._follow()
        self._weigh(starts)
        self._unaided, self._share = frozenset(self.fits), 1.0
        if starts:
            before = self.weighing
            self._fit_all([(steps, {}, {}) for steps in dict.fromkeys(starts)], whole=True)
            self._follow()
            if self.weighing == before:
                self._weigh(starts)
        self.finished = not self._spent()

    def _weigh(self, starts: Collection[Steps]) -> None:
        """Estimates errors anew from the best fit, fits the best sets anew, and looks about them."""
        while self.weighing < _WEIGHINGS:
            best = self.ranked()
            room = self._share * self._settings.fits - self.count - _AGAIN * self._settings.beam - len(starts)
            if not best or room <= 0 or not self._fitter.reweigh(best[0]):
                break
            kept = [*best[: _AGAIN * self._settings.beam], *(self.fits[s] for s in starts if s in self.fits)]
            again = [(fit.steps, fit.constants, fit.others) for fit in kept]
            self._refit([(frozenset(), {}, best[0].others), *again])
            self._follow()

    def _spent(self) -> bool:
        """Whether the budget is used up, or the share of it that may be used now."""
        late = time.monotonic() - self._begun >= self._share * self._settings.seconds
        return late or self.count >= self._share * self._settings.fits

    def _refit(self, wanted: Sequence[Wanted]) -> None:
        """Fit sets anew after errors were estimated anew; an interruption leaves the fits from before."""
        before = self.fits
        self.earlier, self.weighing, self.fits = self.earlier + len(before), self.weighing + 1, {}
        try:
            self._fit_all(wanted)
        except KeyboardInterrupt:
            self.earlier, self.fits = self.earlier - len(before) + len(self.fits), before
            raise

    def _follow(self) -> None:
        """Look about the best sets until there is nothing new there."""
        expanded: set[Steps] = set()
        while not self._spent():
            fresh = [fit for fit in self._beam() if fit.steps not in expanded]
            if not fresh:
                break
            expanded.add(fresh[0].steps)
            self._fit_all(self._near(fresh[0]))

    def _beam(self) -> list[SetFit]:
        """The sets that are followed: the best; where fits are dear, only those of which no part does better."""
        ranked = self.ranked()
        if math.isinf(self._fitter.reach):
            return ranked[: self._settings.beam]
        kept: list[SetFit] = []
        for fit in ranked:
            if len(kept) < self._settings.beam and not any(better.steps < fit.steps for better in kept):
                kept.append(fit)
        return kept

    def _near(self, fit: SetFit) -> list[Wanted]:
        """What screens about a fit put forward, and the set without each of its steps."""
        count = self._settings.proposed
        found: list[Wanted] = []
        if len(fit.steps) < self._settings.largest:
            for step, constant in self._fitter.additions(fit, count):
                found.append((fit.steps | {step}, {**fit.constants, step: constant}, fit.others))
        fewer = count if math.isinf(self._fitter.reach) else count // 2
        for surrogate in (self._fitter.surrogate(fit), self._fitter.along(fit)):
            if surrogate is not None:
                found += self._from(surrogate, [fit.steps], fit, fewer)
        for step in sorted(fit.steps):
            rest = {j: k for j, k in fit.constants.items() if j != step}
            found.append((fit.steps - {step}, rest, fit.others))
        return found

    def _from(self, surrogate: Surrogate, starts: Sequence[Steps], fit: SetFit | None, count: int) -> list[Wanted]:
        """The best sets of a screen that are not fitted yet, with constants to start from."""
        best = screened(surrogate, starts, self._penalty, 2 * count, self._settings.largest)
        reach = math.inf if fit is None else self._fitter.reach
        near = [steps for steps in best if any(len(steps ^ start) <= reach for start in starts)]
        new = [steps for steps in near if steps not in self.fits][:count]
        known = {} if fit is None else fit.constants
        others = {} if fit is None else fit.others
        found: list[Wanted] = []
        for steps in new:
            start = surrogate.constants(steps) | {j: k for j, k in known.items() if j in steps}
            found.append((steps, start, others))
        return found

    def _penalty(self, size: int) -> float:
        """What a set of so many steps costs, in the units of χ²."""
        n = max((fit.n_data for fit in self.fits.values()), default=1)
        match self._settings.criterion:
            case "bic":
                return size * math.log(max(n, 2))
            case "aicc":
                return 2.0 * size
            case _:
                return size * math.log(max(n, 2)) + 2.0 * log_choices(self._candidates, size)

    def _fit_all(self, wanted: Sequence[Wanted], whole: bool = False) -> None:
        """`whole`: none is given up."""
        room = math.ceil(self._share * self._settings.fits) - self.count
        new: dict[Steps, Wanted] = {}
        for one in wanted:
            if one[0] not in self.fits and one[0] not in new and len(new) < room:
                new[one[0]] = one
        asked = [(*one, -math.inf if whole else self._worth(one[0])) for one in new.values()]
        for fit in self._made(asked):
            self.fits[fit.steps] = fit
            self.evaluations += fit.evaluations
            if self._on_fit is not None:
                self._on_fit(fit, self.weighing, self._done())
            if time.monotonic() - self._begun >= self._share * self._settings.seconds:
                break

    def _done(self) -> float:
        """A guess of the fraction of the search that is done."""
        elapsed = (time.monotonic() - self._begun) / self._settings.seconds
        return min(1.0, max(self.count / self._settings.fits, elapsed))

    def _worth(self, steps: Steps) -> float:
        """The log-likelihood that a set must come to so as to be followed."""
        best = self._beam()
        if len(best) < self._settings.beam:
            return -math.inf
        last = best[-1]
        return last.log_likelihood + 0.5 * (self._penalty(len(steps)) - self._penalty(len(last.steps))) - _SLACK

    def _made(self, asked: Sequence[Asked]) -> Iterator[SetFit]:
        """The fits that are known already, then the others."""
        new = []
        for one in asked:
            known = None if self._known is None else self._known(one[0], self.weighing)
            if known is None:
                new.append(one)
            else:
                yield known
        yield from self._over(self._one, new)

    def _one(self, asked: Asked) -> SetFit:
        return self._fitter.fit(*asked)
