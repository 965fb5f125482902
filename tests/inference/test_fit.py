"""Fits of a mechanism to data of known constants: results, files, and going on after a kill."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import mscnet
from mscnet.diagnostics import MechanismError
from tests.inference.abc import FACT, MODEL, SIGMA, TRUE, write


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A fit of three starts, with the mechanism."""
    mechanism = mscnet.load(write(tmp_path_factory.mktemp("fit"), text=MODEL + FACT))
    return mechanism, mscnet.fit(mechanism, starts=3, jobs=1, errors="instrument")


@pytest.fixture(scope="module")
def saved(fitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "out"
    fitted[1].save(folder)
    return folder


def without_times(starts):
    return [
        (s.number, s.begin.tolist(), s.end.tolist(), s.begin_cost, s.cost, s.evaluations, s.message) for s in starts
    ]


# --- what comes out -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["k1", "k2"])
def test_constants_are_found_within_two_errors(fitted, name) -> None:
    _, result = fitted
    assert abs(result.values[name] - TRUE[name]) < 2 * result.errors[name]


def test_errors_are_those_of_the_closed_form(fitted) -> None:
    """(JᵀJ)⁻¹ with J from differences of the exact course of B and C at the fitted constants."""
    _, result = fitted
    times = np.linspace(0, 60, 13)

    def course(u):
        k1, k2 = np.exp(u)
        b = k1 / (k2 - k1) * (np.exp(-k1 * times) - np.exp(-k2 * times))
        c = 1 - np.exp(-k1 * times) - b
        return np.concatenate([b, c]) / SIGMA, b.max() / 0.05

    def residuals(u):
        data, top = course(u)
        return np.append(data, top)

    slopes = np.stack([(residuals(result.theta + e) - residuals(result.theta - e)) / 2e-5 for e in 1e-5 * np.eye(2)], 1)
    expected = np.sqrt(np.diag(np.linalg.inv(slopes.T @ slopes))) * np.exp(result.theta)
    # the maximum on a grid of 5 min is not that on a fine one
    assert [result.errors["k1"], result.errors["k2"]] == pytest.approx(expected.tolist(), rel=0.02)


def test_starts_agree_on_the_optimum(fitted) -> None:
    """Far out, where A is gone before the first reading, there is a minimum at the bound; two starts are not there."""
    first, second, _ = sorted(start.cost for start in fitted[1].starts)
    assert second == pytest.approx(first, rel=1e-5)


def test_terms_are_counted_by_kind(fitted) -> None:
    _, result = fitted
    assert (result.count("datum"), result.count("equality"), result.n, result.k) == (26, 1, 27, 2)


def test_the_model_has_the_fitted_values(fitted) -> None:
    _, result = fitted
    assert result.model.value_of("k1") == result.values["k1"]


def test_facts_are_judged_with_the_fitted_values(fitted) -> None:
    [verdict] = fitted[1].verdicts
    k1, k2 = fitted[1].values["k1"], fitted[1].values["k2"]
    assert verdict.value == pytest.approx((k1 / k2) ** (k2 / (k2 - k1)), rel=1e-4)


def test_intervals_widen_with_the_level(fitted) -> None:
    _, result = fitted
    [narrow, *_], [wide, *_] = result.estimates(0.68), result.estimates(0.99)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


def test_a_frame_has_a_row_for_each_value(fitted) -> None:
    frame = fitted[1].to_pandas()
    assert frame.loc["k2", "value"] == fitted[1].values["k2"]


def test_a_notebook_shows_values_with_errors(fitted) -> None:
    html = fitted[1]._repr_html_()
    assert "k1" in html
    assert "±" in html


@pytest.mark.slow
def test_two_jobs_give_the_same_as_one(fitted) -> None:
    mechanism, result = fitted
    again = mscnet.fit(mechanism, starts=2, jobs=2, errors="instrument")
    assert without_times(again.starts) == without_times(result.starts[:2])


def test_a_parameter_at_its_bound_is_flagged_and_has_no_error(tmp_path) -> None:
    mechanism = mscnet.load(write(tmp_path, text=MODEL.replace("k2 = 0.3 /min in 1e-3", "k2 = 0.3 /min in 0.1")))
    result = mscnet.fit(mechanism, starts=1, jobs=1)
    assert result.at_bounds == {"k2": "lower"}
    assert math.isnan(result.errors["k2"])


def test_progress_tells_the_best_cost_so_far(fitted) -> None:
    told = []
    mscnet.fit(fitted[0], starts=2, jobs=1, errors="instrument", progress=lambda *at: told.append(at))
    bests = [best for _, _, best in told]
    assert told[-1][:2] == (2, 2)
    assert bests == sorted(bests, reverse=True)


# --- bad input ------------------------------------------------------------------------------------


def test_nothing_to_fit_is_an_error(tmp_path) -> None:
    mechanism = mscnet.load(write(tmp_path, text=MODEL.replace(" in 1e-3 .. 10 log", "")))
    with pytest.raises(MechanismError, match="no free parameter"):
        mscnet.fit(mechanism, starts=1)


def test_a_mechanism_is_asked_for() -> None:
    with pytest.raises(TypeError, match="Mechanism"):
        mscnet.fit("abc.mech")


def test_to_resume_takes_a_folder(fitted) -> None:
    with pytest.raises(MechanismError, match="in the folder"):
        mscnet.fit(fitted[0], resume=True)


def test_no_jobs_is_no_number_of_jobs(fitted) -> None:
    with pytest.raises(MechanismError, match="`jobs`"):
        mscnet.fit(fitted[0], jobs=0)


def test_data_of_another_fit_cannot_be_gone_on_with(tmp_path) -> None:
    mechanism = mscnet.load(write(tmp_path))
    mscnet.fit(mechanism, starts=1, jobs=1, folder=tmp_path / "out")
    write(tmp_path, seed=2)
    with pytest.raises(MechanismError, match="other data"):
        mscnet.fit(mechanism, starts=1, jobs=1, folder=tmp_path / "out", resume=True)


# --- files ----------------------------------------------------------------------------------------


def test_a_saved_fit_is_read_back(fitted, saved) -> None:
    mechanism, result = fitted
    again = mscnet.load_fit(saved, mechanism)
    assert again.values == result.values
    assert again.settings == result.settings
    assert again.parameters == result.parameters
    assert np.array_equal(again.covariance, result.covariance)
    assert np.array_equal(again.residuals, result.residuals)
    assert again.terms[3].time == result.terms[3].time
    assert without_times(again.starts) == without_times(result.starts)
    assert again.model.value_of("k1") == result.values["k1"]
    assert again.verdicts == result.verdicts


def test_a_saved_fit_needs_no_mechanism(saved, fitted) -> None:
    again = mscnet.FitResult.load(saved / "fit.json")
    assert again.model is None
    assert again.log_likelihood == fitted[1].log_likelihood
    with pytest.raises(MechanismError, match="without its mechanism"):
        again.objective()


def test_a_fit_read_back_writes_the_same_again(saved, tmp_path) -> None:
    mscnet.load_fit(saved).save(tmp_path / "again")
    assert (tmp_path / "again" / "fit.json").read_bytes() == (saved / "fit.json").read_bytes()


def test_the_folder_has_tables_and_pictures(saved) -> None:
    names = {"fit.json", "parameters.csv", "correlations.csv", "residuals.csv", "starts.csv", "waterfall.png",
             "residuals.png", "fit.png"}  # fmt: skip
    assert {path.name for path in saved.iterdir()} == names


def test_residuals_in_the_table_make_up_the_cost(saved, fitted) -> None:
    rows = (saved / "residuals.csv").read_text().splitlines()[1:]
    assert 0.5 * sum(float(row.rpartition(",")[2]) ** 2 for row in rows) == pytest.approx(fitted[1].cost, rel=1e-12)


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "not JSON"), ("[1]", "does not say"), ('{"kind": "mscnet fit", "schema": 99}', "version 99"),
     ('{"kind": "mscnet fit", "schema": 1}', "KeyError")],
)  # fmt: skip
def test_what_is_no_fit_is_refused(tmp_path, content, words) -> None:
    (tmp_path / "fit.json").write_text(content)
    with pytest.raises(MechanismError, match=words):
        mscnet.load_fit(tmp_path)


def test_a_missing_fit_is_told(tmp_path) -> None:
    with pytest.raises(MechanismError, match="cannot be read"):
        mscnet.load_fit(tmp_path / "nowhere")


def test_a_mechanism_without_the_parameters_is_refused(saved) -> None:
    with pytest.raises(MechanismError, match="no parameter `k1`, `k2`"):
        mscnet.load_fit(saved, mscnet.loads("A -> B @ 0.1"))


def test_a_fit_whose_writing_fails_leaves_the_old_one(saved, fitted, monkeypatch) -> None:
    before = (saved / "fit.json").read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        fitted[1].save(saved)
    assert (saved / "fit.json").read_bytes() == before
    assert len(list(saved.iterdir())) == 8


# --- interruption ---------------------------------------------------------------------------------


def test_an_interrupt_keeps_the_finished_starts(fitted, tmp_path) -> None:
    def interrupt(done, *_):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(mscnet.FitInterrupted) as caught:
        mscnet.fit(fitted[0], starts=3, jobs=1, errors="instrument", folder=tmp_path, progress=interrupt)
    assert [start.number for start in caught.value.result.starts] == [1, 2]
    again = mscnet.fit(fitted[0], starts=3, jobs=1, errors="instrument", folder=tmp_path, resume=True)
    assert without_times(again.starts) == without_times(fitted[1].starts)


def test_more_starts_are_added_to_a_finished_fit(fitted, tmp_path) -> None:
    mscnet.fit(fitted[0], starts=1, jobs=1, errors="instrument", folder=tmp_path)
    again = mscnet.fit(fitted[0], starts=3, jobs=1, errors="instrument", folder=tmp_path, resume=True)
    assert without_times(again.starts) == without_times(fitted[1].starts)


@pytest.mark.slow
def test_a_fit_of_facts_is_the_same_in_two_processes_and_wherever_it_was_cut(fitted, tmp_path) -> None:
    """Six starts, of which three are searched on; cut after every line of its record."""
    whole = mscnet.fit(fitted[0], starts=6, jobs=1, errors="instrument", folder=tmp_path)
    assert sorted(start.rough for start in whole.starts) == [False] * 3 + [True] * 3
    lines = (tmp_path / "starts.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) == 1 + 6 + 3
    for kept, jobs in ((4, 2), (7, 2), (8, 1), (9, 1)):
        (tmp_path / "starts.jsonl").write_bytes(b"".join(lines[:kept]))
        again = mscnet.fit(fitted[0], starts=6, jobs=jobs, errors="instrument", folder=tmp_path, resume=True)
        assert without_times(again.starts) == without_times(whole.starts)


def command(folder, *more):
    words = ["fit", "abc.mech", "--starts", "8", "--errors", "instrument", "--out", "out", *more]
    return subprocess.Popen([sys.executable, "-m", "mscnet", *words], cwd=folder, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, start_new_session=True)  # fmt: skip


def killed_at_random(folder, kills, jobs, seed):
    """Kills a fit so many times, each a little after it has begun, and lets it come to its end; its starts."""
    chance = random.Random(seed)
    resume: list[str] = []
    for _ in range(kills):
        process = command(folder, "--jobs", str(jobs), *resume)
        time.sleep(chance.uniform(0.3, 2.0))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        resume = ["--resume"]
        time.sleep(0.2)
    last = command(folder, "--jobs", str(jobs), "--resume")
    _, err = last.communicate(timeout=300)
    assert last.returncode == 0, err.decode()
    data = json.loads((folder / "out" / "fit.json").read_text())
    return [{name: value for name, value in start.items() if name != "seconds"} for start in data["starts"]], data


def unbroken(folder):
    last = command(folder, "--jobs", "1")
    _, err = last.communicate(timeout=300)
    assert last.returncode == 0, err.decode()
    data = json.loads((folder / "out" / "fit.json").read_text())
    return [{name: value for name, value in start.items() if name != "seconds"} for start in data["starts"]], data


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_fit_killed_ten_times_ends_as_an_unbroken_one(tmp_path, jobs) -> None:
    (tmp_path / "killed").mkdir()
    (tmp_path / "whole").mkdir()
    write(tmp_path / "killed")
    write(tmp_path / "whole")
    whole, expected = unbroken(tmp_path / "whole")
    starts, data = killed_at_random(tmp_path / "killed", 10, jobs, seed=jobs)
    assert starts == whole
    assert data["parameters"] == expected["parameters"]


@pytest.mark.slow
def test_a_killed_fit_goes_on(tmp_path) -> None:
    write(tmp_path)
    starts, _ = killed_at_random(tmp_path, 1, 1, seed=5)
    assert [start["number"] for start in starts] == list(range(1, 9))


def test_a_local_value_is_taken_back_to_its_experiment(tmp_path) -> None:
    """Two runs of one reaction with stocks of 1 and 2 mM: a concentration local to each finds both."""
    text = """units time = min, concentration = mM
species A
species B
parameter c0 = 1.5 mM in 0.1 .. 10 log
parameter k1 = 0.1 /min in 1e-3 .. 10 log
solution stock { A = c0 }
A -> B @ k1
experiment one { mix 1 mL stock ; measure a = [A] every 5 min for 30 min }
experiment two { mix 1 mL stock ; measure a = [A] every 5 min for 30 min }
data one "one.csv" { error = 0.01 }
data two "two.csv" { error = 0.01 }
"""
    for name, c0 in (("one", 1.0), ("two", 2.0)):
        rows = [f"{t},{c0 * math.exp(-0.2 * t):.9f}" for t in range(0, 31, 5)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["time (min),a", *rows]) + "\n")
    (tmp_path / "two.mech").write_text(text)
    mechanism = mscnet.load(tmp_path / "two.mech")
    result = mscnet.fit(mechanism, starts=1, jobs=1, local={"c0": ()})
    assert [result.values["c0_one"], result.values["c0_two"]] == pytest.approx([1.0, 2.0], rel=1e-4)
    result.save(tmp_path / "out")
    model = mscnet.load_fit(tmp_path / "out", mechanism).model
    assert result.objective().residuals(result.theta) == pytest.approx(result.residuals, abs=1e-6)
    run = mscnet.perform(model)
    assert [c.series["a"].values[0] for c in run.conditions] == pytest.approx([1.0, 2.0], rel=1e-4)


@pytest.mark.slow
def test_ctrl_c_shows_the_best_so_far(tmp_path) -> None:
    """The interrupt of a terminal goes to workers, too; none of them says anything."""
    write(tmp_path)
    process = command(tmp_path, "--jobs", "2", "--starts", "4000")
    kept = tmp_path / "out" / "starts.jsonl"
    limit = time.monotonic() + 120
    try:
        while time.monotonic() < limit and (not kept.exists() or len(kept.read_bytes().splitlines()) < 3):
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert process.returncode == 130
    assert b"k1 " in out
    assert b"error: interrupted; " in err
    assert b"Traceback" not in err
