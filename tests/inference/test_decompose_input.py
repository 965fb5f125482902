"""Spectra that cannot be decomposed, files of spectra, and the command."""

from __future__ import annotations

import csv
import importlib.util
import json

import numpy as np
import pytest

import mscnet
from mscnet.cli.main import main
from mscnet.experiment.results import Spectra
from tests.inference.spectral import simulated

MODEL = """units time = min, concentration = mM, volume = mL
parameter k1 = 0.2 /min
A -> B @ k1
band A { gaussian center = 400 nm, fwhm = 40 nm, epsilon = 9000 /M/cm }
band B { gaussian center = 450 nm, fwhm = 40 nm, epsilon = 9000 /M/cm }
instrument { path = 1 cm ; noise = 0.004 }
solution stock { A = 0.1 mM }
experiment uv { mix 2 mL stock ; measure s = spectrum(350 nm .. 500 nm step 3 nm) every 1 min for 30 min }
"""


def spectra(values, **given):
    values = np.asarray(values, float)
    time = given.get("time", np.arange(float(values.shape[0])))
    return Spectra("uv", time, 400.0 + np.arange(values.shape[1]), values)


def refused(data, **settings):
    with pytest.raises(mscnet.MechanismError) as caught:
        mscnet.decompose(data, **settings)
    return caught.value.diagnostics[0]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.ones((1, 50)), "holds one spectrum"),
        (np.zeros((0, 50)), "holds no spectrum"),
        (np.random.default_rng(0).normal(size=(20, 1)), "1 wavelengths"),
        (np.full((20, 30), 0.3), "nothing to decompose"),
        (np.full((20, 30), np.nan), "no spectrum"),
        (np.where(np.eye(30, 40), np.nan, 0.3), "values are missing at 30 of 40 wavelengths"),
    ],
)
def test_data_that_cannot_be_decomposed(values, words):
    finding = refused(spectra(values))
    assert finding.code == "E149"
    assert words in finding.message


def test_a_series_is_no_spectrum():
    assert refused([1.0, 2.0]).code == "E149"


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan")])
def test_noise_must_be_above_zero(sigma):
    assert refused(spectra(simulated(0).values), sigma=sigma).code == "E149"


@pytest.mark.parametrize("components", [0, -1, 9])
def test_components_that_the_data_do_not_hold(components):
    assert refused(spectra(simulated(0).values), components=components).code == "E150"


def test_missing_pymcr_is_named(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pymcr" else found(name))
    assert "mscnet[spectra]" in (refused(spectra(simulated(0).values)).hint or "")


def test_wavelengths_with_holes_are_left_out_and_told():
    values = simulated(0).values.copy()
    values[3, 10] = values[7, 20] = np.nan
    found = mscnet.decompose(spectra(values), rank_only=True)
    assert found.data.wavelength.size == 118
    assert found.notes == ("2 wavelengths at which a scan has no value are left out",)


def test_scans_are_put_in_the_order_of_time():
    case = simulated(0)
    order = np.random.default_rng(0).permutation(60)
    found = mscnet.decompose(spectra(case.values[order], time=case.time[order]), rank_only=True)
    assert np.array_equal(found.data.absorbance, case.values)


def test_difference_spectra_are_counted_but_not_resolved():
    case = simulated(2, "A -> B -> C")
    found = mscnet.decompose(spectra(case.values - case.values[0]))
    assert found.resolved is None
    assert found.rank.count == 2  # A is a linear combination of the others where what is at the start is taken off
    assert "below zero" in found.notes[-1]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with `model.mech`, `measured.mech` with its data, and the same scans as `scans.csv`."""
    from mscnet.report.run_files import write_run

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "model.mech").write_text(MODEL)
    (tmp_path / "measured.mech").write_text(MODEL + 'data uv "uv.csv"\n')
    run = mscnet.perform(mscnet.load("model.mech"), noise=1)
    write_run(run, "uv.csv")
    measured = run.conditions[0].spectra["s"]
    with open("scans.csv", "w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["time (min)", *(f"{at:g} nm" for at in measured.wavelength)])
        rows.writerows([time, *scan] for time, scan in zip(measured.time, measured.absorbance.tolist(), strict=True))
    return tmp_path


@pytest.mark.parametrize("file", ["measured.mech", "scans.csv"])
def test_command_says_how_many(folder, capsys, file):
    assert main(["decompose", file, "--rank", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["rank"]["count"], found["spectra"], found["wavelengths"]) == (2, 31, 51)


def test_noise_of_the_instrument_is_used(folder, capsys):
    main(["decompose", "measured.mech", "--rank", "--json"])
    (found,) = json.loads(capsys.readouterr().out)
    assert found["rank"]["noise"]["used"] == pytest.approx(0.004)


def test_tables_hold_the_solution(folder, capsys):
    pytest.importorskip("pymcr")
    assert main(["decompose", "scans.csv", "--out", "out"]) == 0
    tables = {name: np.genfromtxt(folder / "out" / f"{name}.csv", delimiter=",", skip_header=1)
              for name in ("spectra", "concentrations")}  # fmt: skip
    product = tables["concentrations"][:, [1, 4]] @ tables["spectra"][:, [1, 4]].T
    measured = np.genfromtxt(folder / "scans.csv", delimiter=",", skip_header=1)[:, 1:]
    assert np.std(product - measured) == pytest.approx(0.004, rel=0.1)


def test_files_are_named(folder, capsys):
    pytest.importorskip("pymcr")
    main(["decompose", "scans.csv", "--out", "out"])
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "concentrations.csv", "decompose.json", "decompose.png", "spectra.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("decompose model.mech", 1, "has no data with whole spectra"),
        ("decompose measured.mech --experiment other", 1, "has no data of `other`"),
        ("decompose nowhere.csv", 1, "there is no data file nowhere.csv"),
        ("decompose scans.csv --experiment uv", 1, "names no experiments"),
        ("decompose scans.csv --pathway uv", 2, "is for mechanisms"),
        ("decompose scans.csv --components 7", 1, "no more than 2 can be told apart"),
        ("decompose scans.csv --out scans.csv", 1, "this is a file"),
        ("decompose scans.csv --noise 0", 1, "must be above 0"),
    ],
)
def test_what_the_command_refuses(folder, capsys, words, code, said):
    assert main(words.split()) == code
    assert said in capsys.readouterr().err


def table_of_runs(folder, text):
    """The file that `run --out` writes."""
    (folder / "runs.mech").write_text(text)
    assert main(["run", "runs.mech", "--noise", "--seed", "1", "--out", "runs.csv"]) == 0


def test_a_table_that_a_run_wrote_is_read(folder, capsys):
    table_of_runs(folder, MODEL)
    assert main(["decompose", "runs.csv", "--rank", "--json"]) == 0
    [found] = json.loads(capsys.readouterr().out)
    assert found["rank"]["count"] == 2


TWICE = MODEL + MODEL[MODEL.index("experiment") :].replace("experiment uv", "experiment half").replace("2 mL", "1 mL")


def test_of_several_experiments_in_a_table_one_is_chosen(folder, capsys):
    table_of_runs(folder, TWICE)
    assert main(["decompose", "runs.csv", "--rank", "--experiment", "half"]) == 0


@pytest.mark.parametrize(
    ("more", "said"), [([], "2 experiments: `uv`, `half`"), (["--experiment", "hal"], "did you mean `half`")]
)
def test_of_several_experiments_one_is_asked_for(folder, capsys, more, said):
    table_of_runs(folder, TWICE)
    capsys.readouterr()
    assert main(["decompose", "runs.csv", "--rank", *more]) == 1
    assert said in capsys.readouterr().err


def test_file_without_spectra_is_refused(folder, capsys):
    (folder / "course.csv").write_text("time,od371\n0,0.1\n1,0.2\n")
    assert main(["decompose", "course.csv"]) == 1
    assert "Traceback" not in capsys.readouterr().err
