"""Rival pathways on data made by one of them: which ranks first, what is said, and what the files hold."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import mscnet
from mscnet.experiment.observations import Observations, ObservedSeries
from mscnet.inference.compare import compare, compared, models_of
from mscnet.inference.comparison import Comparison
from mscnet.inference.comparison_files import load_comparison
from mscnet.inference.problem import Term
from mscnet.inference.result import FitResult
from mscnet.inference.verdict_text import alike, strength
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import replace

RIVALS = """
units time = min, concentration = mM, volume = mL
species A ; species B ; species C ; species X constant
parameter k1 = 0.2 /min in 1e-2 .. 2 log
parameter k2 = 0.2 /min in 1e-2 .. 2 log
parameter unused = 1 in 0.1 .. 10 log
parameter A0 = 1 mM
pathway direct "A to B" { step1: A -> B @ k1 }
pathway chain "by way of C" { step1: A -> C @ k1
    step2: C -> B @ k2 }
pathway both { step1: A -> B @ k1
    back: B -> A @ k2 }
pathway other "X beside it" { step1: A + X -> B + X @ k1/1 mM }
solution stock { A = A0 ; X = 1 mM }
experiment batch { mix 2 mL stock
    measure b = [B] every 2 min for 24 min }
experiment again { mix 1 mL stock
    measure b = [B] every 4 min for 24 min }
"""
TIMES = {"batch": np.arange(0.0, 24.1, 2.0), "again": np.arange(0.0, 24.1, 4.0)}


@cache
def rivals() -> Mechanism:
    return mscnet.loads(RIVALS)


def course(pathway: str, time: np.ndarray, k1: float, k2: float) -> np.ndarray:
    """[B] in closed form."""
    if pathway == "chain":
        return 1 - (k2 * np.exp(-k1 * time) - k1 * np.exp(-k2 * time)) / (k2 - k1)
    if pathway == "both":
        return k1 / (k1 + k2) * (1 - np.exp(-(k1 + k2) * time))
    return 1 - np.exp(-k1 * time)


def made_by(pathway: str, seed: int = 1, sigma: float = 0.02, k1: float = 0.3, k2: float = 0.15) -> list[Observations]:
    random = np.random.default_rng(seed)
    found = []
    for name, time in TIMES.items():
        seen = course(pathway, time, k1, k2) + sigma * random.normal(size=time.size)
        error, ones = np.full(time.size, sigma), np.ones(time.size, dtype=np.int64)
        found.append(Observations(name, f"{name}.csv", (ObservedSeries("b", {}, time, seen, error, ones),)))
    return found


@cache
def chain_or_direct() -> Comparison:
    return compare(rivals(), pathways=("direct", "chain"), observations=made_by("chain"), starts=2, cross_validate=True)


def test_the_pathway_that_made_the_data_is_first() -> None:
    assert chain_or_direct().best.pathway == "chain"


def test_the_verdict_names_it_and_says_how_strongly() -> None:
    assert "chain explains what was seen best" in chain_or_direct().verdict[0]
    assert "very strong evidence" in chain_or_direct().verdict[0]


def test_the_likelihood_is_that_of_normal_errors() -> None:
    best = chain_or_direct().best
    fit = chain_or_direct().fits["chain"]
    squares = 0.0
    for data in made_by("chain"):
        series = data.series[0]
        model = course("chain", series.time, fit.values["k1"], fit.values["k2"])
        squares += float((((series.observed - model) / 0.02) ** 2).sum())
    n = sum(time.size for time in TIMES.values())
    expected = -0.5 * squares - n * math.log(0.02 * math.sqrt(2 * math.pi))
    assert best.criteria.log_likelihood == pytest.approx(expected, abs=1e-3)


def test_a_parameter_that_reaches_nothing_does_not_count() -> None:
    assert [row.criteria.parameters for row in chain_or_direct().ranked] == [2, 1]
    assert "unused" not in chain_or_direct().fits["chain"].values


def test_deciding_rows_add_up_to_the_difference() -> None:
    comparison = chain_or_direct()
    difference = sum(row.difference for row in comparison.deciding)
    likelihoods = [row.criteria.log_likelihood for row in comparison.ranked]
    assert difference == pytest.approx(likelihoods[0] - likelihoods[1])
    assert {row.condition for row in comparison.deciding} == {"batch", "again"}


def test_the_wrong_model_misses_the_course_in_the_runs_test() -> None:
    probabilities = {row.pathway: min(test.probability for test in row.runs) for row in chain_or_direct().ranked}
    assert probabilities["direct"] < 0.05 < probabilities["chain"]


def test_experiments_left_out_are_foretold_better_by_the_true_pathway() -> None:
    sums = {row["pathway"]: row["left_out_log_density"] for row in chain_or_direct().rows}
    assert sums["chain"] > sums["direct"] + 10
    assert {fold.experiment for fold in chain_or_direct().folds} == {"batch", "again"}


def test_what_was_left_out_is_foretold_at_the_values_of_the_rest() -> None:
    """Of A -> B the density of the second experiment follows from a fit to the first by hand."""
    from scipy.optimize import minimize_scalar

    first, second = (data.series[0] for data in made_by("chain"))

    def cost(k: float, series: ObservedSeries) -> float:
        return 0.5 * float((((series.observed - course("direct", series.time, k, 0)) / 0.02) ** 2).sum())

    k = minimize_scalar(lambda k: cost(k, first), bounds=(0.01, 2), method="bounded", options={"xatol": 1e-9}).x
    expected = -cost(k, second) - second.time.size * math.log(0.02 * math.sqrt(2 * math.pi))
    fold = next(f for f in chain_or_direct().folds if (f.pathway, f.experiment) == ("direct", "again"))
    assert fold.log_density == pytest.approx(expected, rel=1e-4)


def test_pathways_with_one_rate_law_cannot_be_told_apart() -> None:
    found = compare(rivals(), pathways=("direct", "other"), observations=made_by("direct"), starts=2)
    assert "cannot decide between" in found.verdict[0]
    assert len(alike(found)) == 1


def test_a_step_that_is_not_there_is_not_called_for() -> None:
    found = compare(rivals(), pathways=("direct", "both"), observations=made_by("direct"), starts=2)
    (ratio,) = found.ratios
    assert (ratio.small, ratio.large, ratio.freedom) == ("direct", "both", 1)
    assert ratio.highest is not None
    assert ratio.highest > 0.01


def test_a_step_that_is_there_is_called_for() -> None:
    found = compare(rivals(), pathways=("direct", "both"), observations=made_by("both"), starts=2)
    highest = found.ratios[0].highest
    assert highest is not None
    assert highest < 1e-6


def test_where_there_are_too_few_data_bic_ranks() -> None:
    few = [replace(data, series=tuple(replace(s, time=s.time[:2], observed=s.observed[:2], error=s.error[:2],
                                              replicate=s.replicate[:2]) for s in data.series))
           for data in made_by("chain")][:1]  # fmt: skip
    found = compare(rivals(), pathways=("direct", "chain"), observations=few, starts=1)
    assert found.criterion == "bic"
    assert {row["pathway"]: row["aicc"] for row in found.rows}["chain"] is None


def test_fits_to_other_data_are_not_ranked() -> None:
    fits = chain_or_direct().fits
    other = replace(fits["direct"], terms=fits["direct"].terms[1:], residuals=fits["direct"].residuals[1:])
    with pytest.raises(mscnet.MechanismError, match=r"E145.*not fitted to b of batch"):
        compared({"chain": fits["chain"], "direct": other})


def test_estimated_errors_are_shared_out_among_their_data() -> None:
    fits = chain_or_direct().fits

    def with_noise(fit: FitResult, residual: float) -> FitResult:
        noise = Term("noise", "", reading="b")
        return replace(fit, terms=(*fit.terms, noise), residuals=np.append(fit.residuals, residual))

    found = compared({"chain": with_noise(fits["chain"], 1.0), "direct": with_noise(fits["direct"], 2.0)})
    before = {row.condition: row.difference for row in chain_or_direct().deciding}
    after = {row.condition: row.difference for row in found.deciding}
    n = {name: time.size for name, time in TIMES.items()}
    for name, difference in before.items():
        assert after[name] - difference == pytest.approx(1.5 * n[name] / sum(n.values()))


def test_what_one_pathway_alone_has_can_be_fixed() -> None:
    text = RIVALS.replace("parameter k2 = 0.2 /min in 1e-2 .. 2 log\n", "").replace("@ k2", "@ 0.2 /min")
    own = "pathway slow { parameter k3 = 0.2 /min in 0.01 .. 1 log\n step1: A -> B @ k3 }\npathway other"
    text = text.replace("pathway other", own)
    found = compare(mscnet.loads(text), pathways=("direct", "slow"), observations=made_by("direct"), starts=1,
                    fixed=("unused",), free=("k3",))  # fmt: skip
    assert {row["pathway"]: row["parameters"] for row in found.rows} == {"direct": 1, "slow": 1}


@pytest.mark.parametrize("pathways", [("direct",), ("direct", "direct")])
def test_one_model_is_no_comparison(pathways: tuple[str, ...]) -> None:
    with pytest.raises(mscnet.MechanismError, match="nothing to compare it with"):
        compare(rivals(), pathways=pathways, observations=made_by("direct"))


def test_an_unknown_pathway_is_named() -> None:
    with pytest.raises(mscnet.MechanismError, match="no pathway `chian`"):
        models_of(rivals(), ("direct", "chian"))


def test_several_mechanisms_are_compared_by_name() -> None:
    names = [name for name, _ in models_of([rivals().with_pathway("direct"), rivals().with_pathway("chain")])]
    assert names == ["direct", "chain"]


def test_a_single_start_is_luck() -> None:
    found = compare(rivals(), pathways=("direct", "chain"), observations=made_by("chain"), starts=1)
    assert any("rests on luck" in text for text in found.verdict)


def test_what_is_fixed_in_the_bottles_is_said() -> None:
    said = " ".join(chain_or_direct().assumed)
    assert "none is free; fixed: A in stock = 1 mM" in said
    assert "n = 20 terms: 20 data and 0 equality facts" in said


@pytest.mark.parametrize(
    ("delta", "word"), [(1.9, "none"), (2.0, "positive, but not strong"), (7, "strong"), (11, "very strong")]
)
def test_the_strength_of_evidence(delta: float, word: str) -> None:
    assert strength(delta) == word


def test_it_answers_as_a_table() -> None:
    table = chain_or_direct()
    assert list(table["pathway"]) == ["chain", "direct"]
    assert table.iloc[0]["rank"] == 1
    assert sum(table["weight"]) == pytest.approx(1.0)


def test_it_is_shown_in_notebooks() -> None:
    shown = chain_or_direct()._repr_html_()
    assert shown.count("<tr") == 3
    assert "chain explains" in shown


def test_files_are_read_back(tmp_path: Path) -> None:
    chain_or_direct().save(tmp_path)
    back = load_comparison(tmp_path)
    assert str(back) == str(chain_or_direct())
    assert back.rows == chain_or_direct().rows
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"compare.json", "comparison.csv", "deciding.csv", "facts.csv", "ranking.png", "chain", "direct"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "mscnet comparison", "version": 1}',
                                  '{"format": "mscnet comparison", "version": 99}'])  # fmt: skip
def test_a_file_that_holds_no_comparison_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "compare.json").write_text(text)
    with pytest.raises(mscnet.MechanismError, match="E154"):
        load_comparison(tmp_path)


@pytest.mark.slow
def test_json_has_no_number_that_is_none(tmp_path: Path) -> None:
    chain_or_direct().save(tmp_path)
    json.loads((tmp_path / "compare.json").read_text(), parse_constant=pytest.fail)


@pytest.mark.slow
def test_the_right_pathway_is_first_in_95_of_100() -> None:
    first = [
        compare(rivals(), pathways=("direct", "chain"), observations=made_by(true, seed), starts=1).best.pathway == true
        for true in ("direct", "chain")
        for seed in range(50)
    ]
    assert sum(first) >= 95


@pytest.mark.slow
def test_the_number_of_processes_changes_nothing() -> None:
    options = {"pathways": ("direct", "chain"), "observations": made_by("chain"), "starts": 3, "cross_validate": True}
    one, two = (compare(rivals(), jobs=jobs, **options) for jobs in (1, 2))  # type: ignore[arg-type]
    assert one.rows == two.rows
    assert one.folds == two.folds


@pytest.mark.slow
def test_pathways_that_cannot_be_told_apart_are_said_so_always() -> None:
    found = [
        compare(rivals(), pathways=("direct", "other"), observations=made_by("direct", seed), starts=1)
        for seed in range(20)
    ]
    assert all("cannot decide" in each.verdict[0] for each in found)
