"""Designed experiments against designs known in closed form, and against experiments drawn at random."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

import mscnet
from mscnet.experiment.observations import Observations, ObservedSeries
from mscnet.inference.compare import compare
from mscnet.inference.comparison import Comparison
from mscnet.inference.design import design
from mscnet.inference.design_result import Design
from mscnet.inference.design_scores import probability_to_decide
from mscnet.inference.design_space import templates_of
from mscnet.inference.fit import fit
from mscnet.inference.result import FitResult
from mscnet.mechanism.bench import Experiment
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import replace

DECAY = """
units time = min, concentration = mM, volume = mL
A -> B @ k
parameter k = 0.125 /min in 1e-3 .. 10 log
solution S { A = 1 mM }
experiment wait { mix 1 mL S
    hold 6 min
    measure a = [A] }
"""

STEADY = """
units time = min, concentration = mM, volume = mL
S -> P   rate Vmax*[S]/(Km + [S])
parameter Vmax = 0.02 mM/min in 1e-3 .. 1 log
parameter Km = 0.5 mM in 1e-2 .. 10 log
solution stock { S = 2 mM } ; solvent water
experiment rate(v) for v in 0.1, 4 mL { mix v stock
    add (4 mL - v) water
    measure p = [P] at 0, 1 min }
"""


@cache
def decay() -> Design:
    return design(mscnet.loads(DECAY), criterion="D", vary={"wait.hold": "1..60 min"}, errors={"a": 0.01}, budget=16)


def test_a_decay_is_best_read_after_one_lifetime() -> None:
    assert decay().values["hold"] == pytest.approx(8.0)


def test_the_error_is_that_of_the_closed_form() -> None:
    """Of ln k: sigma/(A0 k t exp(-k t)) at t = 1/k, the bounds known before apart."""
    (error,) = decay().errors
    before = math.log(10 / 1e-3) / math.sqrt(12)
    assert error[0] == "k"
    assert error[1] == pytest.approx(before)
    assert error[2] == pytest.approx((before**-2 + (0.01 * math.e) ** -2) ** -0.5, rel=1e-4)


def test_a_saturated_rate_says_most_of_vmax_at_the_highest_concentration() -> None:
    found = design(mscnet.loads(STEADY), criterion="Ds", parameter="Vmax", errors={"p": 1e-4}, budget=16)
    assert found.values["v"] == pytest.approx(4.0, rel=0.02)


def test_the_protocol_is_text_of_the_language() -> None:
    model = mscnet.loads(DECAY + decay().protocol)
    condition = next(c for c in mscnet.perform(model, "designed").conditions)
    assert condition.series["a"].values[-1] == pytest.approx(math.exp(-1.0), rel=1e-5)


def test_the_same_seed_gives_the_same_design() -> None:
    again = design(mscnet.loads(DECAY), criterion="D", vary={"wait.hold": (1.0, 60.0)}, errors={"a": 0.01}, budget=16)
    assert again.as_data() == decay().as_data()


def test_steps_keep_their_words_and_what_was_changed_is_new() -> None:
    model = mscnet.loads("""units time = min, concentration = mM, volume = mL
        A -> B @ k*warm
        parameter k = 0.1 /min in 1e-2 .. 1 log ; parameter warm = 1 ; parameter more = 0.5 mL
        solution S { A = 1 mM } ; solvent water
        experiment stand { mix 1 mL S + 1 mL water
            measure [A] at 0, 1 h }
        experiment e(v) from stand after 10 min for v in 10, 20 uL { with warm = 2
            take v
            add more water
            measure a = [A] every 1 min for 10 min }
        """)
    vary = {"e.v": "5..50 uL", "e.after": "1..100 min", "more": "0.1..2 mL"}
    found = design(model, criterion="D", vary=vary, errors={"a": 1e-3}, budget=8)
    lines = [line.strip() for line in found.protocol.splitlines()]
    assert lines[0].startswith('experiment designed(v) "to pin the constants of')
    assert " from stand after " in lines[0]
    assert lines[0].endswith(" uL {")
    assert lines[1] == "with warm = 2"
    assert lines[2].startswith("with more = ")
    assert lines[3:] == ["take v", "add more water", "measure a = [A] every 1 min for 10 min", "}"]


STANDS = """units time = min, concentration = mM, volume = mL
    A -> B @ k
    parameter k = 0.01 /min in 1e-3 .. 1 log
    solution S { A = 1 mM } ; solvent water
    experiment aged { mix 2 mL S
        hold 15 min
        add 1 mL water
        measure a = [A] every 1 h for 3 h }
    experiment then from aged after 2 h { take 1 mL
        measure a = [A] every 1 min for 30 min }
    experiment apart { mix 1 mL S
        measure a = [A] every 1 min for 5 min }
"""


@cache
def stood() -> Design:
    vary = {"then.after": "1..4 h"}
    return design(mscnet.loads(STANDS), criterion="D", vary=vary, errors={"a": 0.01}, budget=8)


def test_steps_are_told_from_the_bottles_on() -> None:
    text = stood().best.values[0][2]
    assert stood().doing.steps == (
        "mix 2 mL S", "hold 15 min", "add 1 mL water", f"let it stand for {text}", "take 1 mL of pot",
        "measure for 30 min",
    )  # fmt: skip


def test_the_time_that_they_take_is_told() -> None:
    assert stood().doing.time == pytest.approx(15 + stood().values["after"] + 30)


def test_a_time_is_told_in_the_unit_that_the_file_writes_it_in() -> None:
    factor = next(t for t in templates_of(mscnet.loads(STANDS)) if t.experiment.name == "then").factors[0]
    assert (factor.text(120.0), factor.text(factor.upper)) == ("2 h", "8 h")


def test_other_experiments_of_the_file_are_looked_at_too() -> None:
    found = design(mscnet.loads(STANDS), criterion="D", errors={"a": 0.01}, budget=8)
    assert {found.best.experiment, *(each.experiment for each in found.alternatives)} == {"aged", "then", "apart"}


def test_the_chance_to_decide() -> None:
    assert probability_to_decide(10.0, 10.0) == 0.5
    z = np.random.default_rng(3).normal(size=(100_000, 5))
    away = np.array([1.0, 2.0, -3.0, 1.0, 1.0])  # of a rival, in standard deviations: 16 in Σ r²
    difference = ((z + away) ** 2 - z**2).sum(axis=1)
    assert np.mean(difference > 10) == pytest.approx(probability_to_decide(16.0, 10.0), abs=0.005)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"vary": {"wait.hodl": (1.0, 2.0)}}, "is called `wait.hodl`"),
        ({"vary": {"wait.hold": "1 to 2"}}, "is no range"),
        ({"vary": {"wait.hold": "1..2 mL"}}, "is time, not volume"),
        ({"vary": {"wait.hold": (3.0, 2.0)}}, "has no range"),
        ({"experiments": ["wiat"]}, "no experiment `wiat`"),
        ({"parameter": "kk", "criterion": "Ds"}, "`kk` is not free"),
        ({"criterion": "E"}, "a design is T, D or Ds"),
        ({"budget": 0}, "a number of candidates"),
        ({"errors": {"zz": 0.1}}, "`zz`, which is no reading"),
    ],
)
def test_what_cannot_be_is_said(settings: dict[str, object], said: str) -> None:
    with pytest.raises(mscnet.MechanismError, match=said):
        design(mscnet.loads(DECAY), **{"criterion": "D", "errors": {"a": 0.01}, **settings})  # type: ignore[arg-type]


def test_where_no_candidate_can_be_done_it_is_said() -> None:
    model = mscnet.loads(STEADY)
    with pytest.raises(mscnet.MechanismError, match=r"none of .* can be done"):
        design(model, criterion="D", vary={"rate.v": "5..6 mL"}, errors={"p": 0.01}, budget=8)


# --- rivals -------------------------------------------------------------------------------------------------

BENCH = """
units time = min, concentration = mM, volume = mL
species A ; species B ; species C ; species X constant
solution SA { A = 4 mM } ; solution SX { X = 4 mM } ; solvent water
experiment first { mix 1 mL SA + 1 mL SX
    add 2 mL water
    measure b = [B] every 3 min for 15 min }
experiment next(va, vx) for va in 0.5, 2 mL, vx in 0.5, 1.5 mL { mix va SA + vx SX
    add (4 mL - va - vx) water
    measure b = [B] every 3 min for 15 min }
"""
PAIRS = {
    "order": """parameter k1 = 0.08 /min in 1e-3 .. 1 log ; parameter k2 = 0.08 /mM/min in 1e-3 .. 1 log
        pathway one { A -> B @ k1 }
        pathway two { 2 A -> 2 B @ k2 }""",
    "catalyst": """parameter k1 = 0.08 /min in 1e-3 .. 1 log ; parameter k2 = 0.08 /mM/min in 1e-3 .. 1 log
        pathway one { A -> B @ k1 }
        pathway two { A -[X]-> B @ k2 }""",
    "autocatalysis": """parameter k1 = 0.03 /min in 1e-3 .. 1 log ; parameter k2 = 0.2 /mM/min in 1e-2 .. 2 log
        parameter k3 = 0.3 /min in 1e-2 .. 2 log
        pathway one { A -> B @ k1
            A + B -> 2 B @ k2 }
        pathway two { A -> C @ k3
            C -> B @ k1 }""",
    "inhibition": """parameter k1 = 0.1 /min in 1e-3 .. 1 log ; parameter Ki = 0.5 mM in 1e-2 .. 10 log
        parameter k3 = 0.05 /min in 1e-3 .. 1 log
        pathway one { A -> B   rate k1*[A]/(1 + [B]/Ki) }
        pathway two { A <-> B @ k1, k3 }""",
    "saturation": """parameter Vmax = 0.1 mM/min in 1e-2 .. 1 log ; parameter Km = 0.5 mM in 1e-2 .. 10 log
        parameter k1 = 0.1 /min in 1e-3 .. 1 log ; parameter Ki = 1 mM in 1e-2 .. 10 log
        pathway one { A -> B   rate Vmax*[A]/(Km + [A]) }
        pathway two { A -> B   rate k1*[A]/(1 + [X]/Ki) }""",
}
SIGMA = 0.01
VARY = {"next.va": "0.2..2.5 mL", "next.vx": "0.1..1.5 mL"}


def observed(model: Mechanism, name: str, noise: int | None = None) -> Observations:
    """[B] of an experiment by a model, with noise or without."""
    series = mscnet.perform(model, name).conditions[0].series["b"]
    seen = series.values.copy()
    if noise is not None:
        seen += SIGMA * np.random.default_rng(noise).normal(size=seen.size)
    size = seen.size
    values = mscnet.perform(model, name).conditions[0].values
    read = ObservedSeries("b", values, series.time, seen, np.full(size, SIGMA), np.ones(size, dtype=np.int64))
    return Observations(name, "", (read,))


@cache
def compared(pair: str) -> tuple[Mechanism, Observations, Comparison]:
    """Rivals that were fitted to one experiment which the first of them made."""
    family = mscnet.loads(BENCH + PAIRS[pair])
    data = observed(family.with_pathway("one"), "first", 1)
    return family, data, compare(family, observations=[data], starts=3)


@cache
def designed(pair: str) -> Design:
    family, data, comparison = compared(pair)
    return design(family, rivals=comparison, observations=[data], vary=VARY,
                  errors={"b": SIGMA}, budget=32)  # fmt: skip


def left(rival: FitResult, truth: Mechanism, made: Experiment, data: Observations) -> float:
    """Σ r² of a rival fitted to what is known and to an experiment that the truth made."""
    true = replace(truth, experiments=(*truth.experiments, made))
    model = replace(rival.model, experiments=(*rival.model.experiments, made))
    return 2 * fit(model, starts=1, jobs=1, observations=[data, observed(true, made.name)]).cost


def test_rivals_are_separated_as_was_foretold() -> None:
    """The separation is what a fit to simulated data gives, that of the earlier data taken off."""
    family, data, comparison = compared("catalyst")
    found = designed("catalyst")
    truth, rival = comparison.fits["one"].model, comparison.fits["two"]
    made = mscnet.loads(BENCH + PAIRS["catalyst"] + "\n" + found.protocol).experiments[-1]
    expected = left(rival, truth, made, data) - 2 * rival.cost
    separation = next(each for each in found.separations if each.truth == "one")
    assert separation.chi_square == pytest.approx(expected, rel=0.02)
    assert family.pathways


def test_a_catalyst_is_told_by_changing_it() -> None:
    found = designed("catalyst")
    assert not 0.8 < found.values["vx"] < 1.2
    assert found.best.score > 2 * found.median


def test_it_is_told_where_curves_are_farthest_apart() -> None:
    found = designed("catalyst")
    (there,) = found.differences
    first, rival = found.courses[0], found.courses[-1]
    assert abs(there.first - there.rival) == pytest.approx(np.abs(first.values - rival.values).max())
    assert there.time in first.time


def test_what_is_known_already_is_told() -> None:
    _, _, comparison = compared("catalyst")
    found = dict(zip(designed("catalyst").models, designed("catalyst").before, strict=True))
    assert found == pytest.approx({name: 2 * fit.cost for name, fit in comparison.fits.items()}, rel=1e-3)


def test_what_comes_out_is_said(tmp_path: object) -> None:
    shown = str(designed("catalyst"))
    assert shown.startswith("To tell ")
    assert "chance to decide" in shown
    assert "next.va from 0.2 mL to 2.5 mL" in " ".join(shown.split())


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS)
def test_a_design_beats_the_median_of_fifty_random_experiments(pair: str) -> None:
    family, data, comparison = compared(pair)
    found = designed(pair)
    truth, rival = family.with_pathway("one"), comparison.fits["two"]
    (template,) = templates_of(family.with_pathway("one"), VARY)
    random = np.random.default_rng(7)
    best = template.with_values([found.values[f.name] for f in template.factors], "designed")
    others = [template.with_values(template.values(random.random(2)), "designed") for _ in range(50)]
    drawn = [left(rival, truth, made, data) for made in others]
    assert left(rival, truth, best, data) > np.median(drawn)
