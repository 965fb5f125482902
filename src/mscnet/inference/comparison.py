"""`Comparison`: rival models ranked, what decides between them, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mscnet.inference.criteria import Criteria, CriterionName
from mscnet.inference.crossval import Fold
from mscnet.inference.deciding import Deciding
from mscnet.inference.nested import LikelihoodRatio
from mscnet.inference.result import FitResult
from mscnet.inference.runs_test import RunsTest
from mscnet.records import dataclass, field

if TYPE_CHECKING:
    import os

    import pandas


@dataclass(frozen=True, slots=True)
class FactMet:
    """Whether a model meets a fact under one condition, with the margin (``nan`` without one) in tolerances; the
    `name` is its text where it has none, `finished` as in `Verdict`."""

    name: str
    experiment: str
    passed: bool
    trivial: bool
    margin: float
    finished: bool = True


@dataclass(frozen=True, slots=True)
class Reached:
    """What the starts of a fit came to: of `starts` that finished, `agreeing` ended within `NEAR` of the best cost;
    `next_cost` is the best one that is not among them, None where all agree."""

    starts: int
    agreeing: int
    cost: float
    next_cost: float | None


@dataclass(frozen=True, slots=True)
class Amount:
    """A concentration in a bottle, ``CdSe_PC in CdSe_IP``: the fitted parameters that it depends on (none: it is
    fixed), and its value in the fitted model."""

    species: str
    stock: str
    free: tuple[str, ...]
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One model in its place.

    `delta` is its criterion less that of the best, `weight` exp(-Δ/2) over the sum of all, `relative` over that of
    the best.  `runs` are runs tests of its residuals, `at_bounds` the parameters that ended at an end of their range.
    `prior_squares` is Σ r² of priors, which the
    likelihood leaves out.
    """

    pathway: str
    label: str
    rank: int
    criteria: Criteria
    delta: float
    weight: float
    relative: float
    facts: tuple[FactMet, ...]
    reached: Reached
    runs: tuple[RunsTest, ...] = ()
    at_bounds: tuple[str, ...] = ()
    amounts: tuple[Amount, ...] = ()
    prior_squares: float = 0.0

    @property
    def facts_passed(self) -> int:
        """Facts met on the model's merits."""
        return sum(fact.passed and not fact.trivial for fact in self.facts)

    @property
    def facts_failed(self) -> int:
        """Facts that are not met, or could not be judged."""
        return sum(not fact.passed for fact in self.facts)

    @property
    def facts_trivial(self) -> int:
        """Facts that are met for a structural reason (see `Verdict`)."""
        return sum(fact.passed and fact.trivial for fact in self.facts)


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Models ranked by `criterion`, the best first.

    `deciding` are the terms that tell each rival from the best, `ratios` tests of nested pairs, `folds` the
    cross-validation (empty where it was not asked for), `failed` models that could not be fitted, and why; `verdict`
    is all of it in sentences, a paragraph each, `assumed` what it rests on.  `fits` are the fits by pathway; they are
    left out of what is read back from files.

    It also answers as the table of `to_pandas`: ``comparison["weight"]``, ``comparison.iloc[0]``.
    """

    criterion: CriterionName
    ranked: tuple[Ranked, ...]
    deciding: tuple[Deciding, ...] = ()
    ratios: tuple[LikelihoodRatio, ...] = ()
    folds: tuple[Fold, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    verdict: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    fits: Mapping[str, FitResult] = field(default_factory=dict, repr=False)
    provenance: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def best(self) -> Ranked:
        """The model in the first place."""
        return self.ranked[0]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One object a model, the best first, as ``mscnet compare --json`` prints them."""
        rows = [_row(each, self) for each in self.ranked]
        empty = dict.fromkeys(rows[0] if rows else ())
        return [*rows, *(empty | {"pathway": name, "weight": 0.0} for name in self.failed)]

    def of(self, pathway: str) -> Ranked:
        """The row of a pathway.

        Raises:
            KeyError: it was not compared.
        """
        for each in self.ranked:
            if each.pathway == pathway:
                return each
        raise KeyError(f"{pathway} was not compared; there are " + ", ".join(r.pathway for r in self.ranked))

    def to_pandas(self) -> pandas.DataFrame:
        """The ranking as a DataFrame, one row a model, the best first, with the columns of `rows`."""
        import pandas

        return pandas.DataFrame(self.rows)

    def save(self, folder: str | os.PathLike[str]) -> tuple[str, ...]:
        """Writes ``compare.json``, ``comparison.csv``, ``deciding.csv``, ``facts.csv`` and pictures into a folder, and
        the files of each fit (see `FitResult.save`) into one of its own in it; gives their names.

        Raises:
            OSError: it cannot be made or written to.
        """
        from mscnet.report.compare_files import save_comparison

        return save_comparison(self, folder)

    def __str__(self) -> str:
        from mscnet.report.compare import comparison_text

        return comparison_text(self)

    def __repr__(self) -> str:
        shown = ", ".join(f"{r.pathway} {r.weight:.2g}" for r in self.ranked[:6])
        return f"<Comparison by {self.criterion.upper()}: {shown}>"

    def _repr_html_(self) -> str:
        from mscnet.report.compare import comparison_html

        return comparison_html(self)

    def __len__(self) -> int:
        return len(self.ranked)

    def __iter__(self) -> Iterator[str]:
        return iter(str(column) for column in self.to_pandas())

    def __getitem__(self, column: Any) -> Any:
        return self.to_pandas()[column]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.to_pandas(), name)


def _row(ranked: Ranked, comparison: Comparison) -> dict[str, Any]:
    criteria = ranked.criteria
    folds = [fold for fold in comparison.folds if fold.pathway == ranked.pathway]
    row = {
        "pathway": ranked.pathway, "rank": ranked.rank, "aicc": criteria.aicc, "bic": criteria.bic,
        "weight": ranked.weight, "sse": criteria.sse, "parameters": criteria.parameters,
        "facts_passed": ranked.facts_passed, "facts_failed": ranked.facts_failed,
        "facts_trivial": ranked.facts_trivial, "log_likelihood": criteria.log_likelihood, "delta": ranked.delta,
        "relative_likelihood": ranked.relative, "criterion": comparison.criterion, "n": criteria.counts.n,
        "data": criteria.counts.data, "equalities": criteria.counts.equalities,
        "inequalities": criteria.counts.inequalities, "label": ranked.label,
        "starts": ranked.reached.starts, "starts_at_best": ranked.reached.agreeing,
    }  # fmt: skip
    if folds:
        row["left_out_log_density"] = sum(fold.log_density for fold in folds)
    return row
