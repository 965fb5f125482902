"""``mscnet scan``: what it asks for, what it writes, and how it ends."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mscnet import kernels

KINETIC = """units time = min, concentration = mM
parameter k = 0.1 /min in 0.01 .. 1 log
species A = 1 mM
option t_end = 10 min, points = 3
A -> B @ k
observable total = [A] + [B]
"""


@pytest.fixture(autouse=True)
def kinetic(folder):
    (folder / "k.mech").write_text(KINETIC)


def rows(text):
    """Header and numbers of a CSV text."""
    header, *body = csv.reader(io.StringIO(text))
    return header, np.array([[float(cell) for cell in line] for line in body])


def test_without_a_file_the_values_at_the_end_go_to_stdout(mscnet):
    outcome = mscnet("scan k.mech --over k=0.1,0.2 --over A=1mM,2mM --rtol 1e-9 --atol 1e-12")
    header, values = rows(outcome.out)
    k, start = values[:, 0], values[:, 1]
    assert (outcome.code, outcome.err, header) == (0, "", ["k", "A_initial", "A", "B"])
    assert (k.tolist(), start.tolist()) == ([0.1, 0.1, 0.2, 0.2], [1, 2, 1, 2])
    np.testing.assert_allclose(values[:, 2], start * np.exp(-10 * k), rtol=1e-7)


def test_a_table_has_all_times_in_long_form(mscnet, folder):
    outcome = mscnet("scan k.mech --over k=0.01..1:3:log --columns total --out x.csv")
    header, values = rows((folder / "x.csv").read_text())
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "wrote x.csv (3 runs × 3 times × 1 column)\n"
    assert (header, values.shape) == (["k", "time", "total"], (9, 3))
    assert sorted(os.listdir(folder)) == ["decay.mech", "k.mech", "one.mech", "paths.mech", "x.csv"]


def test_samples_are_the_same_for_the_same_seed(mscnet):
    first, again, other = (mscnet(f"scan k.mech --sample 4 --over k=0.1..1 --seed {s} --jobs 2").out for s in (1, 1, 2))
    assert (first == again, first == other) == (True, False)


def test_without_over_samples_take_the_bounds_of_the_file(mscnet):
    header, values = rows(mscnet("scan k.mech --sample 8").out)
    assert header[0] == "k"
    assert (values[:, 0] >= 0.01).all()
    assert (values[:, 0] <= 1).all()


def test_json_has_every_run(mscnet):
    found = json.loads(mscnet("scan k.mech --over k=0.1,0.2 --json").out)
    assert (found["runs"], found["shape"], found["over"]) == (2, [2], [{"name": "k", "unit": "/min"}])
    assert found["time"] == {"unit": "min", "values": [0.0, 5.0, 10.0]}
    assert [(r["over"], r["status"], len(r["values"][0])) for r in found["results"]] == [
        ([0.1], "done", 3),
        ([0.2], "done", 3),
    ]


def test_values_in_all_runs_are_set(mscnet):
    _, values = rows(mscnet("scan k.mech --over A=1,2 --set k=0.2 --rtol 1e-9 --atol 1e-12").out)
    np.testing.assert_allclose(values[:, 1], np.array([1, 2]) * np.exp(-2), rtol=1e-7)


STOCHASTIC = "scan k.mech --over k=0.1,0.2 --method ssa --volume 1e-6fL --init A=100mM --repeats 3"


def test_stochastic_runs_are_numbered_in_long_form(mscnet, folder):
    outcome = mscnet(f"{STOCHASTIC} --seed 4 --columns total --out x.csv")
    header, values = rows((folder / "x.csv").read_text())
    assert (outcome.code, header) == (0, ["k", "repeat", "time", "total"])
    assert values[:, :2].tolist() == [[k, r] for k in (0.1, 0.2) for r in (1, 2, 3) for _ in range(3)]
    np.testing.assert_allclose(values[:, 3], 60 / 602.214076e-3, rtol=1e-12)  # 60 molecules of 60.2


def test_stochastic_runs_are_the_same_for_the_same_seed(mscnet):
    first, again, other = (mscnet(f"{STOCHASTIC} --seed {s} --jobs {s}").out for s in (1, 1, 2))
    assert (first == again, first == other) == (True, False)
    assert first.splitlines()[0] == "k,repeat,A,B"


def test_starts_that_are_rounded_are_told(mscnet):
    outcome = mscnet("scan k.mech --over A=1mM,100mM --method ssa --volume 1e-6fL")
    assert (outcome.code, "warning: starts are rounded to whole molecules: `A` 0.6022 to 1" in outcome.err) == (0, True)


def test_json_numbers_the_repeats(mscnet):
    found = json.loads(mscnet(f"{STOCHASTIC} --json").out)
    assert [(r["over"], r["repeat"]) for r in found["results"]] == [([k], r) for k in (0.1, 0.2) for r in (1, 2, 3)]


def test_runs_that_fail_are_3_and_the_others_are_there(mscnet):
    text = "parameter k = 1 /M/s\nspecies A = 1\n2 A -> 3 A @ k\noption t_end = 1\n"
    outcome = mscnet("scan - --over k=0.5,2", stdin=text)
    _, values = rows(outcome.out)
    assert outcome.code == 3
    assert "1 of 2 runs did not finish" in outcome.err
    assert values[0].tolist() == [0.5, pytest.approx(2.0, rel=1e-5)]
    assert np.isnan(values[1, 1])


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("scan k.mech", 2, "varies nothing"),
        ("scan k.mech --over k=1,2 --over k=3", 2, "--over k comes twice"),
        ("scan k.mech --over k=1,2 --resume", 2, "--out"),
        ("scan k.mech --over k=1,2 --seed 1", 2, "--sample"),
        ("scan k.mech --over k=", 2, "NAME=VALUES"),
        ("scan k.mech --over k=1,2 --out x.txt", 2, "not among its formats"),
        ("scan k.mech --over k=1,2 --out no/x.csv", 1, "no folder"),
        ("scan k.mech --over q=1,2", 1, "neither a parameter nor a species"),
        ("scan k.mech --over k=1..2", 1, "how many values"),
        ("scan k.mech --over k=1mM,2mM", 1, "`k` is"),
        ("scan k.mech --over k=1,2 --columns totl", 1, "did you mean `total`?"),
        ("scan k.mech --over k=1,2 --cluster tcp://x", 64, "--cluster"),
        ("scan k.mech --over k=1,2 --method tau", 64, "tau"),
        ("scan k.mech --over k=1,2 --method ssa", 1, "--volume"),
        ("scan k.mech --over k=1,2 --method ssa --rtol 1e-3", 2, "no error to hold"),
        ("scan k.mech --over k=1,2 --repeats 3", 2, "--method ssa"),
    ],
)
def test_what_makes_no_sense_is_refused(mscnet, line, code, says):
    outcome = mscnet(line)
    assert (outcome.code, says in outcome.err, outcome.out) == (code, True, "")


def interrupted(line, folder):
    """Exit code and messages of a scan that is interrupted once some of its runs are done."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mscnet", *line.split(), "--out", "x.csv"], cwd=folder, stderr=subprocess.PIPE, text=True
    )
    status = folder / "x.csv.part" / "status.i8"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not (status.exists() and b"\0" in status.read_bytes()):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    return process.returncode, said


def test_ctrl_c_is_3_and_resume_gives_what_an_undisturbed_scan_gives(mscnet, folder):
    for factor in (1, 4, 16):  # on a busy machine a short scan may be done before the signal comes
        count = factor * (1500 if kernels.core() else 150)
        line = f"scan k.mech --over k=0.01..1:{count}:log --rtol 1e-13 --atol 1e-16 --jobs 2"
        code, said = interrupted(line, folder)
        if code != 0:
            break
        (folder / "x.csv").unlink()
    assert (code, f"{count:,} runs are done and kept in" in said, (folder / "x.csv").exists()) == (3, True, False)
    refused = mscnet(f"{line} --out x.csv")
    assert (refused.code, "--resume" in refused.err) == (1, True)
    assert mscnet(f"{line} --out x.csv --resume").code == 0
    assert mscnet(f"{line} --out y.csv").code == 0
    assert (folder / "x.csv").read_bytes() == (folder / "y.csv").read_bytes()
    assert not (folder / "x.csv.part").exists()
