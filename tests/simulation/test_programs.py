"""Programs of time as functions in laws, against their integrals; tables of files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

import mscnet
from mscnet import kernels
from mscnet.language import check_text

FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def fed(program: str, folder: Path | None = None) -> mscnet.Mechanism:
    """A is the integral of a program."""
    text = f"units time = h, concentration = mM\n0 -> A @ feed\nfeed = {program}\nobservable input = feed\n"
    if folder is None:
        return mscnet.loads(text)
    file = folder / "m.mech"
    file.write_text(text)
    return mscnet.load(file)


def test_ramp() -> None:
    run = mscnet.simulate(fed("ramp(1 h, 3 h, 0, 2 mM/h)"), 10, points=41, rtol=1e-9)
    t = run.time
    exact = np.where(t < 1, 0, np.where(t < 3, (t - 1) ** 2 / 2, 2 + 2 * (t - 3)))
    assert run["A"] == pytest.approx(exact, abs=1e-9)
    assert run["input"] == pytest.approx(np.interp(t, [1, 3], [0, 2]))


def test_step() -> None:
    run = mscnet.simulate(fed("step(2 h, 1 mM/h, 3 mM/h)"), 10, points=41, rtol=1e-9)
    assert run["A"] == pytest.approx(np.where(run.time < 2, run.time, 2 + 3 * (run.time - 2)), abs=1e-9)


@pytest.mark.parametrize("method", ["auto", "bdf", "radau"])
def test_a_pulse_of_a_millionth_of_the_run_is_not_missed(method: str) -> None:
    run = mscnet.simulate(fed("pulse(43.21 h, 1e-4 h, 1e4 mM/h)"), 100, points=3, method=method)
    assert run["A"] == pytest.approx([0.0, 1.0, 1.0], rel=1e-6)


@pytest.mark.parametrize("method", ["auto", "radau"])
def test_pulses_of_a_period(method: str) -> None:
    run = mscnet.simulate(fed("pulse(0.3 h, 0.1 h, 1 mM/h, 0.7 h)"), 5, points=101, method=method, rtol=1e-9)
    starts = 0.3 + 0.7 * np.arange(8)
    exact = np.clip(run.time[:, None] - starts, 0.0, 0.1).sum(axis=1)
    assert run["A"] == pytest.approx(exact, abs=1e-7)


def test_narrow_pulses_of_a_period_are_all_there() -> None:
    run = mscnet.simulate(fed("pulse(3.3 h, 1e-4 h, 1e4 mM/h, 10 h)"), 100, points=2)
    assert run["A"][-1] == pytest.approx(10.0, rel=1e-6)


def test_programs_follow_parameters() -> None:
    mechanism = mscnet.loads("units time = h\nspecies A = 0\n0 -> A @ pulse(t0, w, 1 M/h)\nparameter t0 = 1 h, w = 2 h")
    assert mscnet.simulate(mechanism.with_values(w=3), 10)["A"][-1] == pytest.approx(3.0)


def test_programs_in_many_runs() -> None:
    mechanism = mscnet.loads(
        "units time = h\nspecies A = 0\n0 -> A @ pulse(t0, w, 1 M/h, 4 h)\nparameter t0 = 1 h, w = 2 h"
    )
    sim = mscnet.Simulator(mechanism, times=[8.0], rtol=1e-9)
    assert sim.states(sim.inputs(w=[0.5, 1.0, 1.5]))[:, 0, 0] == pytest.approx([1.0, 2.0, 3.0], abs=1e-7)


@pytest.mark.skipif(kernels.core() is None, reason="SciPy's path refuses switches that move")
def test_derivatives_by_times_of_programs() -> None:
    """Of a decaying species fed by a pulse, by where it begins and how long it is."""
    text = "units time = h\nA -> 0 @ 0.5 /h\n0 -> A @ pulse(t0, w, 2 M/h, 5 h)\nparameter t0 = 1 h, w = 2 h"
    found = mscnet.sensitivities(mscnet.loads(text), ["t0", "w"], times=[4.0, 9.0], rtol=1e-9)

    def exact(t0: float, w: float, t: float) -> float:
        starts = [s for s in (t0, t0 + 5) if s < t]
        return sum(2 / 0.5 * (np.exp(-0.5 * (t - s - w)) - np.exp(-0.5 * (t - s))) for s in starts)

    e = 1e-5
    for i, t in enumerate((4.0, 9.0)):
        by_start = (exact(1 + e, 2, t) - exact(1 - e, 2, t)) / (2 * e)
        by_width = (exact(1, 2 + e, t) - exact(1, 2 - e, t)) / (2 * e)
        assert found.values[i, 0] == pytest.approx([by_start, by_width], rel=1e-5)


def test_a_ramp_of_temperature() -> None:
    text = """
    units time = h, concentration = mM
    species A = 1
    temperature = ramp(0 h, 2 h, 300 K, 320 K)
    A -> B @ arrhenius(1e9 /h, 50 kJ/mol)
    """
    run = mscnet.simulate(mscnet.loads(text), 2, points=201, rtol=1e-9)
    kelvin = 300 + 10 * run.time
    k = 1e9 * np.exp(-50e3 / (8.314462618 * kelvin))
    integral = ((k[1:] + k[:-1]) / 2 * np.diff(run.time)).sum()
    assert run["A"][-1] == pytest.approx(np.exp(-integral), rel=1e-4)


def test_in_an_experiment() -> None:
    text = """
    units time = h, concentration = mM, volume = mL
    0 -> A @ pulse(1 h, 1e-3 h, 1000 mM/h)
    solution S { A = 1 mM }
    experiment e { mix 1 mL S ; measure a = [A] every 1 h for 5 h }
    """
    run = mscnet.perform(mscnet.loads(text))
    assert run.conditions[0].series["a"].values == pytest.approx([1, 1, 2, 2, 2, 2], abs=1e-6)


def test_molecules_follow_pulses() -> None:
    text = "units time = h, concentration = nM\noption volume = 1 fL\n0 -> A @ pulse(2 h, 1 h, 100 nM/h)\n"
    run = mscnet.simulate(mscnet.loads(text), 10, points=11, method="ssa", seed=3)
    assert run["A"][2] == 0.0
    assert run["A"][3] == run["A"][10] == pytest.approx(100.0, rel=0.5)


def test_floor_is_a_function() -> None:
    run = mscnet.simulate(mscnet.loads("A -> B @ 0.1\nobservable whole = floor(time/(3 s))"), 9, points=10)
    assert run["whole"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3]


# --- tables --------------------------------------------------------------------------------------

TABLE = "time (min), flow (mM/h), T (degC)\n0, 0, 25\n60, 1, 35\n# a note\n180, 1, 45\n240, 0, 25\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "feed.csv").write_text(TABLE)
    return tmp_path


@pytest.mark.parametrize("method", ["auto", "bdf", "radau"])
def test_a_table_is_straight_between_its_rows(folder: Path, method: str) -> None:
    run = mscnet.simulate(fed('table("feed.csv", "flow")', folder), 6, points=61, method=method, rtol=1e-9)
    t = run.time
    exact = np.where(t < 1, t**2 / 2, np.where(t < 3, t - 0.5, np.where(t < 4, 3 - (4 - t) ** 2 / 2, 3)))
    assert run["A"] == pytest.approx(exact, abs=1e-6)
    assert run["input"] == pytest.approx(np.interp(t, [0, 1, 3, 4], [0, 1, 1, 0]), abs=1e-12)


def test_a_table_in_steps(folder: Path) -> None:
    run = mscnet.simulate(fed('table("feed.csv", "flow", step)', folder), 6, points=7, rtol=1e-9)
    assert run["A"] == pytest.approx([0, 0, 1, 2, 3, 3, 3], abs=1e-9)


def test_a_smooth_table_is_the_monotone_cubic(folder: Path) -> None:
    run = mscnet.simulate(fed('table("feed.csv", "flow", smooth)', folder), 4, points=81)
    values = [0, 1, 1, 0]
    peer = PchipInterpolator([0, 1, 3, 4], values)
    inner = (run.time >= 1) & (run.time <= 3)
    assert run["input"][inner] == pytest.approx(peer(run.time[inner]), abs=1e-12)
    assert run["input"].min() >= 0.0
    assert run["input"].max() <= 1.0


def test_temperature_of_a_table_in_kelvin(folder: Path) -> None:
    file = folder / "m.mech"
    file.write_text('units time = h\ntemperature = table("feed.csv", "T")\nA -> B @ 0.1\nobservable T = temperature\n')
    run = mscnet.simulate(mscnet.load(file), 1, points=3)
    assert run["T"] == pytest.approx([298.15, 303.15, 308.15])


def test_two_columns_need_no_names(tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("0;0,5\n2;1,5\n")
    run = mscnet.simulate(fed('table "two.csv"', tmp_path), 2, points=3)
    assert run["input"].tolist() == [0.5, 1.0, 1.5]


def test_beyond_its_ends_a_table_keeps_its_values(folder: Path) -> None:
    run = mscnet.simulate(fed('table("feed.csv", "flow")', folder), 9, points=10)
    assert run["input"][4:].tolist() == [0.0] * 6
    assert "ends at t = 4 h" in run.notes[0]


def test_a_long_table_is_looked_up(tmp_path: Path) -> None:
    times = np.linspace(0, 10, 2001)
    rows = "\n".join(f"{t!r},{v!r}" for t, v in zip(times.tolist(), np.sin(times).tolist(), strict=True))
    (tmp_path / "long.csv").write_text("time,value\n" + rows + "\n")
    run = mscnet.simulate(fed('2 + table "long.csv"', tmp_path), 10, points=5, rtol=1e-9)
    assert run["A"][-1] == pytest.approx(20 + 1 - np.cos(10.0), abs=1e-4)


@pytest.mark.parametrize(
    ("content", "call", "message"),
    [
        (None, 'table "feed.csv"', "there is no file feed.csv"),
        (TABLE, 'table "feed.csv"', "several columns"),
        (TABLE, 'table("feed.csv", "flw")', "no column `flw`"),
        ("time,x\n0,1\n1,\n", 'table "feed.csv"', "line 3 of feed.csv: `x` is empty"),
        ("time,x\n0,1\n1,abc\n", 'table "feed.csv"', "`abc` in column `x` is no number"),
        ("time,x\n0,1\n2,1\n1,1\n", 'table "feed.csv"', "the time 1 comes after a later one"),
        ("time,x\n0,1\n0,2\n", 'table "feed.csv"', "the time 0 comes twice"),
        ("time (mM),x\n0,1\n", 'table "feed.csv"', "no unit of time"),
        ("time,x (furlong)\n0,1\n", 'table "feed.csv"', "furlong"),
        ("time,x\n", 'table "feed.csv"', "no rows"),
        ("", 'table "feed.csv"', "is empty"),
        ("time\n1\n", 'table "feed.csv"', "one column"),
        ("time,x\n0,nan\n", 'table "feed.csv"', "no number"),
        ("time,x (K)\n0,1\n", 'table "feed.csv"', "feed"),
        (TABLE, 'table "../feed.csv"', "inside the mechanism's own folder"),
        (TABLE, 'table "/etc/passwd"', "own folder"),
        (TABLE, "table(feed)", "the name of a file in quotes"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table(tmp_path: Path, content: str | None, call: str, message: str) -> None:
    if content is not None:
        (tmp_path / "feed.csv").write_text(content)
    text = f"units time = h, concentration = mM\n0 -> A @ 1 mM/h + {call}\n"
    found = check_text(text, str(tmp_path / "m.mech")).diagnostics
    assert any(message in d.message or message in (d.span.text if d.span else "") for d in found), found


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("0,1\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "feed.csv").symlink_to(tmp_path / "out.csv")
    found = check_text('A -> B @ table "feed.csv"', str(inner / "m.mech")).diagnostics
    assert "outside the mechanism's folder" in found[0].message


def test_files_of_ones_own_may_define_functions_called_so() -> None:
    mechanism = mscnet.loads("function ramp(x) = 2*x\nA -> B @ ramp(k)\nparameter k = 1 /s, table = 1, step = 2")
    assert mscnet.simulate(mechanism, 1, points=2).status is mscnet.Status.DONE
