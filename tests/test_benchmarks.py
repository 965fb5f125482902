"""What the benchmarks time is sound: the same model for all, errors and ratios as they are said to be, no failures."""

from __future__ import annotations

import itertools
import json
import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest

import mscnet
from benchmarks import __main__ as command
from benchmarks import (
    contest,
    document,
    fit_problems,
    fitting,
    load,
    massaction,
    network_free,
    problems,
    processes,
    rules,
    scaling,
    startup,
    tables,
)
from mscnet import kernels

compiled = pytest.mark.skipif(kernels.core() is None, reason="there are no compiled kernels")


def test_a_generated_mechanism_has_the_steps_asked_for() -> None:
    steps = [reaction for reaction in mscnet.loads(load.generated(40)).reactions if not reaction.reverse]
    assert len(steps) == 40


def test_the_ten_lines_load() -> None:
    assert len(mscnet.loads(startup.TEN_LINES).species) == 5


def test_the_three_species_run_to_their_analytic_solution() -> None:
    run = mscnet.simulate(mscnet.loads(startup.DECAY))
    assert run["A"] == pytest.approx(np.exp(-0.1 * run.time), rel=1e-5)


def test_growth_of_a_quadratic_cost_is_two() -> None:
    timings = [load.Timing(size, size**2 * 1e-6) for size in (1_000, 10_000)]
    assert load.growth(timings) == pytest.approx([2.0])


def test_growth_of_a_step_in_proportion_is_one() -> None:
    points = [{"reactions": n, "a_step": 1e-8 * n, "trouble": ""} for n in (10, 1_000, 10_000)]
    assert scaling.growth(points) == pytest.approx(1.0)


@pytest.mark.parametrize("size", [10, 1_000])
def test_a_ring_has_the_reactions_asked_for(size: int) -> None:
    assert len(scaling.ring_mechanism(size).reactions) == size


def test_the_family_has_half_the_square_of_its_members_as_reactions() -> None:
    assert len(mscnet.loads(scaling.coagulation(20)).reactions) == 20**2 / 2


SMALL = "species A = 2\nspecies B = 0.5\nspecies C = 0\n2 A -> B @ 0.3\nB -> 2 A @ 0.1\nA + B -> A + C @ 0.7\n"


@pytest.fixture
def small() -> massaction.MassAction:
    return massaction.MassAction.of(mscnet.loads(SMALL))


def test_a_model_in_numbers_is_the_model(small: massaction.MassAction) -> None:
    again = mscnet.simulate(mscnet.loads(small.mech()), 5, points=6, rtol=1e-8).values
    assert again == pytest.approx(mscnet.simulate(mscnet.loads(SMALL), 5, points=6, rtol=1e-8).values, rel=1e-6)


def test_a_peer_reads_the_same_model(small: massaction.MassAction) -> None:
    """Antimony's translation, integrated by libRoadRunner."""
    peers = pytest.importorskip("benchmarks.peers")
    if peers.missing("libRoadRunner"):
        pytest.skip("libRoadRunner is not installed")
    times = np.array([1.0, 5.0])
    expected = mscnet.simulate(mscnet.loads(SMALL), times=times, rtol=1e-9).values
    assert peers.roadrunner(small, times, 1e-9, 1e-12)() == pytest.approx(expected, rel=1e-5)


def test_general_laws_are_no_plain_mass_action() -> None:
    with pytest.raises(ValueError, match="mass action"):
        massaction.MassAction.of(mscnet.loads("species S = 1\nS -> P rate 2*[S]/(1 + [S])"))


def test_an_error_of_one_tolerance_is_one() -> None:
    reference = np.array([[2.0, np.nan]])
    assert problems.error_in_tolerances(reference, np.array([[2.003, 9.0]]), 1e-3, 1e-3) == pytest.approx(1.0)


def test_a_result_that_is_no_number_is_infinitely_wrong() -> None:
    assert problems.error_in_tolerances(np.array([1.0]), np.array([np.nan]), 1e-3, 1e-3) == math.inf


def test_the_reference_of_a_problem_is_its_own_solution() -> None:
    """Where the reference is certain it has no error and some sixteen digits."""
    given = problems.problem("HIRES")
    assert given.error(given.reference, 1e-6, 1e-12) == 0.0
    assert given.digits(given.reference) == 16.0


def ticking(step: float) -> contest.Program:
    """A program that takes `step` s by a clock of its own."""
    clock = itertools.count()
    now = [0.0]

    def work() -> None:
        now[0] += step
        next(clock)

    return contest.Program(lambda: work, clock=lambda: now[0])


def test_the_ratio_is_that_of_the_times() -> None:
    entries = contest.contest({"mscnet": ticking(0.05), "peer": ticking(0.2)}, 3, 100.0)
    assert contest.ratio(entries, "mscnet", "peer") == pytest.approx(0.25)


def test_the_best_peer_is_the_quickest_other() -> None:
    entries = contest.contest({"mscnet": ticking(0.05), "slow": ticking(0.4), "quick": ticking(0.2)}, 2, 100.0)
    assert contest.best_peer(entries, "mscnet") == "quick"


def test_who_is_slow_is_not_asked_again() -> None:
    assert contest.contest({"slow": ticking(50.0)}, 5, 40.0)["slow"].times == []


def test_a_program_that_fails_is_an_entry_with_its_trouble() -> None:
    def broken() -> None:
        raise RuntimeError("no licence")

    entry = contest.contest({"peer": contest.Program(lambda: broken)}, 2, 1.0)["peer"]
    assert (entry.trouble, entry.median) == ("RuntimeError: no licence", None)


def test_a_table_is_put_between_its_marks() -> None:
    text = "a\n<!-- x -->\nold\n<!-- end x -->\nb\n"
    assert document.put(text, "x", "new") == "a\n<!-- x -->\n\nnew\n\n<!-- end x -->\nb\n"


def test_the_document_has_a_place_for_every_benchmark() -> None:
    text = document.DOCUMENT.read_text(encoding="utf-8")
    for name in (*command.BENCHMARKS, "machine"):
        assert document.put(text, name, "") != ""


@pytest.mark.parametrize(("value", "shown"), [(0.12345, "0.123"), (12345.6, "12,346"), (1e-7, "1.0e-07"), (None, "")])
def test_numbers_are_short(value: float | None, shown: str) -> None:
    assert tables.number(value) == shown


def test_a_benchmark_that_breaks_is_told_and_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "measure", lambda quick: 1 / 0)
    results: dict[str, object] = {}
    assert "ZeroDivisionError" in command.run("scaling", True, results)
    assert results == {}


def test_figures_that_are_infinite_are_null_in_json() -> None:
    assert json.dumps(command.finite({"error": math.inf, "times": (1.0, math.nan)})) == (
        '{"error": null, "times": [1.0, null]}'
    )


@compiled
def test_the_command_writes_json(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scaling, "QUICK_SIZES", (10, 40))
    file = f"{tmp_path}/x.json"
    monkeypatch.setattr(sys, "argv", ["benchmarks", "scaling", "--quick", "--json", file])
    command.main()
    with open(file, encoding="utf-8") as stream:
        points = json.load(stream)["scaling"]["points"]
    assert [point["reactions"] for point in points] == [10, 40]
    assert "µs a step" in capsys.readouterr().out


needs_spawn = pytest.mark.skipif(not hasattr(os, "posix_spawnp"), reason="the system accounts for no processes")


@needs_spawn
def test_the_memory_of_a_process_is_its_own(tmp_path: Path) -> None:
    """Not that of the process which starts it, however large that has grown."""
    held = np.ones(60_000_000)
    cost = processes.run_once([sys.executable, "-c", "pass"], tmp_path)
    assert 1 < cost.memory < held.nbytes / 1e6 / 2


@needs_spawn
def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="exit code 3"):
        processes.run_once([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


# --- fits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", fit_problems.problems(), ids=lambda problem: problem.name)
def test_true_constants_of_a_fit_cost_what_its_noise_does(problem: fit_problems.FitProblem) -> None:
    cost = fitting._judge(problem)(np.log(problem.truth))
    n = problem.measured.size
    assert abs(2 * cost - n) < 4 * math.sqrt(2 * n)


@pytest.mark.parametrize("problem", fit_problems.problems(), ids=lambda problem: problem.name)
def test_peers_of_a_fit_get_its_model(problem: fit_problems.FitProblem) -> None:
    run = mscnet.simulate(mscnet.loads(problem.model.mech()), times=problem.times, rtol=1e-9, atol=1e-13)
    courses = np.stack([run[f"S{problem.species.index(name)}"] for name in problem.observed], axis=1)
    assert courses == pytest.approx(problem.exact, rel=1e-5, abs=1e-12)


def test_starts_of_a_fit_are_the_same_each_time_and_inside_the_bounds() -> None:
    problem = fit_problems.problems()[0]
    starts = problem.starts(10)
    assert np.array_equal(starts, problem.starts(10))
    assert ((starts > problem.bounds[:, 0]) & (starts < problem.bounds[:, 1])).all()


def test_a_fit_is_compared_over_the_starts_that_both_did() -> None:
    entries = {fitting.US: {"walls": [1.0, 1.0, 5.0]}, "peer": {"walls": [4.0, 4.0]}}
    assert fitting.part_of(entries, "peer") == pytest.approx(0.25)


def test_models_that_grow_make_the_networks_that_they_are_said_to() -> None:
    (sites,) = rules.grow(rules.sites_model, [4])
    (chain,) = rules.grow(rules.chain_model, [6])
    assert (sites.species, sites.reactions) == (2**4, 4 * 2**4)
    (pairs,) = rules.grow(rules.pair_model, [4])
    # n = 2**4 molecules and n**2 pairs; half of them can go on at each site, and each two bind both ways
    assert (pairs.species, pairs.reactions) == (16 + 256, 4 * 8 + 2 * 4 * 128 + 256)
    # 1 binds up to 5, 2 binds 2 to 4, 3 binds 3: nine ways to make a chain of up to six, and as many to break one
    assert (chain.species, chain.reactions) == (6, 2 * (5 + 3 + 1))


def test_other_actions_than_generation_are_left_out_of_what_is_timed() -> None:
    text = (
        'generate_network({overwrite=>1})\n simulate({method=>"ode"})\nsetConcentration("A()",1)\nA(b) -> A(c) k(x)\n'
    )
    assert rules.ACTION.sub("", text) == "generate_network({overwrite=>1})\n\n\nA(b) -> A(c) k(x)\n"


def test_a_table_of_networks_shows_the_ratio_and_the_growth() -> None:
    cost = {"wall": 1.0, "memory": 40.0, "species": 3, "reactions": 4}
    found = {"entries": {"mscnet": {**cost, "cpu": 0.5}, "BNG2.pl": {**cost, "cpu": 10.0}}, "ratio": 20.0}
    growth = [{"size": n, "species": n, "reactions": n, "seconds": n / 1000} for n in (10, 100)]
    shown = rules.table({"models": {"m": found}, "sites": growth, "chains": growth, "pairs": growth})
    assert "20 times the CPU time" in shown
    assert "1.00" in shown


def test_what_nfsim_says_is_taken_without_null_events() -> None:
    told = (
        "You just simulated 38930 reactions in 2.5e-01s\n ( 1.5e+05 reactions/sec )\n   Null events: 26664   (2e-05 …)"
    )
    rate = network_free.said(told)
    assert (rate.events, rate.nulls, rate.rate) == (12266, 26664, 12266 / 0.25)
    assert network_free.said("simulated 10 reactions in 2s").events == 10
    with pytest.raises(RuntimeError, match="says no events"):
        network_free.said("nothing")


def test_actions_behind_a_model_are_left_out() -> None:
    text = network_free.whole(network_free.GEL)
    assert network_free.without_actions(text + "\nsimulate_nf({t_end=>1})\n") == text


@compiled
@pytest.mark.parametrize("name", network_free.MODELS)
def test_models_without_a_network_run(name: str, tmp_path: Path) -> None:
    text, t_end = network_free.MODELS[name]
    rate = network_free.Ours(network_free.whole(text), tmp_path).run(t_end / 100, 1)
    assert rate.events > 50


def test_a_table_of_event_rates_shows_the_ratio() -> None:
    entry = {"events": 1, "nulls": 0, "seconds": 1.0, "rate": 1.0}
    shown = network_free.table({"models": {"m": {"t_end": 1.0, "entries": {"mscnet": entry}, "ratio": 2.0}}})
    assert "2.0 times" in shown
