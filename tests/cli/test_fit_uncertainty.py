"""``mscnet fit`` with ``--profile``, ``--sample``, ``--bootstrap`` and ``--bands``."""

from __future__ import annotations

import csv
import importlib.util
import json
import math

import pytest

from mscnet.inference.samples import read_samples

MODEL = """units time = min, concentration = mM, volume = mL
species A
species B
parameter k = 0.1 /min in 0.001 .. 10 log
A -> B @ k
solution stock { A = 1 mM }
experiment course { mix 1 mL stock ; measure a = [A] every 2 min for 20 min }
data course "course.csv" { error = 0.02 }
"""
FIT = "fit decay1.mech --starts 1 --jobs 1"


@pytest.fixture
def model(folder):
    rows = [f"{t},{math.exp(-0.2 * t) + 0.02 * math.sin(7 * t):.6f}" for t in range(0, 21, 2)]
    (folder / "course.csv").write_text("time (min),a\n" + "\n".join(rows) + "\n")
    (folder / "decay1.mech").write_text(MODEL)
    return folder


def test_profiles_are_printed_after_the_fit(mscnet, model) -> None:
    found = mscnet(f"{FIT} --profile")
    assert found.code == 0
    assert found.out.index("Profile likelihood") > found.out.index("n = 11")
    row = next(line for line in found.out.splitlines() if line.startswith("k /min"))
    assert row.endswith("identifiable")


def test_an_unknown_parameter_is_named(mscnet, model) -> None:
    found = mscnet(f"{FIT} --profile-of kk")
    assert (found.code, "`kk` is not among the fitted parameters" in found.err) == (1, True)
    assert not found.out  # told before the fit


def test_one_repeat_of_a_bootstrap_is_refused(mscnet, model) -> None:
    assert mscnet(f"{FIT} --bootstrap 1").code == 2


def test_a_new_fit_keeps_no_profiles_of_an_earlier_one(mscnet, model) -> None:
    mscnet(f"{FIT} --profile --out fit")
    assert (model / "fit" / "profiles.png").exists()
    mscnet(f"{FIT} --out fit")
    assert not (model / "fit" / "profiles.png").exists()


@pytest.mark.slow
def test_everything_goes_to_the_folder(mscnet, model) -> None:
    pytest.importorskip("emcee")
    assert mscnet(f"{FIT} --profile --sample 20 --bootstrap 5 --bands --out out").code == 0
    made = {file.name for file in (model / "out").iterdir()}
    wanted = {"profile.jsonl", "profiles.png", "samples.nc", "pairs.png", "bootstrap.csv", "bands.csv", "bands.png"}
    assert wanted <= made
    assert read_samples(model / "out" / "samples.nc").thetas.shape == (4, 20, 16, 1)


def test_bands_hold_their_fit(mscnet, model) -> None:
    mscnet(f"{FIT} --bands --out out")
    with open(model / "out" / "bands.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert all(float(row["lower"]) <= float(row["fit"]) <= float(row["upper"]) for row in rows)
    assert len(rows) > 100


def test_json_is_one_object_with_all_in_it(mscnet, model) -> None:
    found = json.loads(mscnet(f"{FIT} --profile --bootstrap 5 --json").out)
    assert found["profiles"][0]["verdict"] == "identifiable"
    assert found["bootstrap"]["converged"] == 5


def test_bands_without_a_folder_are_refused(mscnet, model) -> None:
    found = mscnet(f"{FIT} --bands")
    assert (found.code, "name it: --out DIR" in found.err) == (2, True)


def test_without_emcee_the_extra_is_named_before_the_fit(mscnet, model, monkeypatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "emcee" else find(name, *a))
    found = mscnet(f"{FIT} --sample 20")
    assert (found.code, "pip install 'mscnet[sampling]'" in found.err, found.out) == (1, True, "")


def test_a_fit_that_goes_on_takes_profiles_as_they_are(mscnet, model) -> None:
    first = mscnet(f"{FIT} --profile --out out").out
    kept = (model / "out" / "profile.jsonl").read_text()
    again = mscnet(f"{FIT} --profile --out out --resume").out
    assert (model / "out" / "profile.jsonl").read_text() == kept
    assert again.split("Profile likelihood")[1] == first.split("Profile likelihood")[1]
