"""Runs of experiments in other units, as datasets and as pictures on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mscnet
from mscnet import MechanismError
from mscnet.cli.main import main
from mscnet.report.run_dataset import run_dataset, write_run_netcdf
from mscnet.report.run_units import in_units

TEXT = """
units time = min, concentration = mM, volume = mL
species A, B
A -> B @ 0.05 /min
band A { gaussian center = 371 nm, fwhm = 20 nm, epsilon = 1 /mM/cm }
solution stock { A = 1 mM }
experiment e(v) for v in 100, 200 uL {
    mix v stock
    measure a = [A], twice = 2*[A], s = spectrum(360 nm .. 380 nm step 10 nm) every 30 min for 60 min
}
experiment f { mix 1 mL stock ; measure od = absorbance(371 nm) }
"""


@pytest.fixture(scope="module")
def run() -> mscnet.experiment.results.Run:
    return mscnet.perform(mscnet.loads(TEXT))


def test_times_and_concentrations_are_converted(run) -> None:
    before, after = run.conditions[0], in_units(run, {"time": "h", "concentration": "uM"}).conditions[0]
    assert after.measured[0].time == pytest.approx([0.0, 0.5, 1.0])
    assert after.series["a"].values == pytest.approx(1000 * before.series["a"].values)
    assert after.series["a"].unit == "uM"


def test_what_has_no_unit_stays(run) -> None:
    before, after = run.conditions[0], in_units(run, {"concentration": "uM"}).conditions[0]
    assert after.series["twice"].values is before.series["twice"].values or np.array_equal(
        after.series["twice"].values, before.series["twice"].values
    )
    assert np.array_equal(after.spectra["s"].absorbance, before.spectra["s"].absorbance)


@pytest.mark.parametrize(("asked", "message"), [({"time": "mM"}, "not of time"), ({"length": "m"}, "no unit of")])
def test_a_unit_of_something_else_is_refused(run, asked, message) -> None:
    with pytest.raises(MechanismError, match=message):
        in_units(run, asked)


def test_a_dataset_has_every_reading_in_its_row(run) -> None:
    data = run_dataset(run)
    assert data.sizes == {"row": 7, "s_wavelength": 3}
    assert list(data["experiment"].values) == ["e"] * 6 + ["f"]
    assert data["a"].values[3] == run.conditions[1].series["a"].values[0]
    assert np.isnan(data["a"].values[-1])
    assert data["s"].values[1] == pytest.approx(run.conditions[0].spectra["s"].absorbance[1])


def test_a_dataset_says_its_units(run) -> None:
    data = run_dataset(run)
    assert [data[name].attrs["units"] for name in ("time", "v", "a", "s_wavelength")] == ["min", "mL", "mM", "nm"]
    assert data["od"].attrs["wavelength_nm"] == pytest.approx(371)


def test_a_netcdf_file_reads_back(run, tmp_path: Path) -> None:
    import xarray

    write_run_netcdf(run, tmp_path / "x.nc")
    with xarray.open_dataset(tmp_path / "x.nc", engine="scipy") as data:
        assert np.array_equal(data["a"].values, run_dataset(run)["a"].values, equal_nan=True)
        assert [str(name) for name in data["experiment"].values] == ["e"] * 6 + ["f"]


def test_a_column_that_is_none_is_refused(run) -> None:
    with pytest.raises(KeyError, match="b"):
        run_dataset(run, ["b"])


# --- names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ("100, 200 uL", ["v = 100 uL", "v = 200 uL"]),
        ("1 mL, 2000 uL", ["v = 1 mL", "v = 2 mL"]),
        ("100 uL .. 300 uL step 100 uL", ["v = 100 uL", "v = 200 uL", "v = 300 uL"]),
        ("v0, 2*v0", ["v = 0.5 mL", "v = 1 mL"]),
    ],
)
def test_loop_values_are_named_in_the_unit_of_the_text(values: str, names: list[str]) -> None:
    text = TEXT.replace("100, 200 uL", values) + "parameter v0 = 0.5 mL"
    conditions = mscnet.perform(mscnet.loads(text), "e").conditions
    assert [condition.name for condition in conditions] == [f"e({name})" for name in names]


# --- the command line -------------------------------------------------------------------------------

DATA = "v (uL),time,a\n100,0,1.0\n100,60,0.05\n200,30,0.22\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "x.mech").write_text(TEXT)
    (tmp_path / "d.mech").write_text(TEXT + 'data e "d.csv"\n')
    (tmp_path / "d.csv").write_text(DATA)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "labels"),
    [
        (["x.mech"], {"absorbance", "time / min"}),  # spectra, with the bar of their times
        (["x.mech", "--columns", "a"], {"a / mM"}),
        (["d.mech"], {"a / mM", "data − model"}),
        (["d.mech", "--experiment", "e(200 uL)"], {"a / mM", "data − model"}),
        (["d.mech", "--experiment", "f"], {"od (371 nm)"}),
    ],
)
def test_what_is_drawn_follows_what_there_is(monkeypatch, words: list[str], labels: set[str]) -> None:
    figures = []
    monkeypatch.setattr("mscnet.report.plots.save_figure", lambda figure, path: figures.append(figure))
    assert main(["run", *words, "--plot", "x.png"]) == 0
    assert {ax.get_ylabel() for ax in figures[0].axes} - {""} == labels


@pytest.mark.usefixtures("folder")
def test_a_run_is_written_in_other_units(capsys) -> None:
    assert main(["run", "x.mech", "--experiment", "e", "--units", "time=h", "--columns", "a"]) == 0
    assert [line.split(",")[2] for line in capsys.readouterr().out.splitlines()[1:4]] == ["0.0", "0.5", "1.0"]


def test_a_netcdf_file_is_written(folder: Path, capsys) -> None:
    assert main(["run", "x.mech", "--out", "x.nc"]) == 0
    assert (folder / "x.nc").read_bytes()[:3] == b"CDF"
    assert "wrote x.nc (7 rows)" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_the_seed_that_was_drawn_gives_the_same_noise(folder: Path, capsys) -> None:
    (folder / "n.mech").write_text(TEXT + "instrument { noise = 0.01 }")
    assert main(["run", "n.mech", "--noise", "--experiment", "f"]) == 0
    first = capsys.readouterr()
    seed = first.err.split()[1]
    assert main(["run", "n.mech", "--noise", "--seed", seed, "--experiment", "f"]) == 0
    assert capsys.readouterr().out == first.out


def test_end_points_are_drawn_over_the_dose_with_a_curve_for_each_age():
    from mscnet.report.experiment_plots import plot_run

    text = """units time = min, concentration = mM, volume = mL
    A -> B @ 0.1 /min
    solution S { A = 1 mM }
    solvent water
    experiment dose for v in 10, 20, 50 uL, age in 5, 10 min { mix 1 mL water + v S ; hold age ; measure b = [B] }"""
    (panel,) = plot_run(mscnet.perform(mscnet.loads(text))).axes
    assert panel.get_xlabel() == "v / uL"
    assert [line.get_label() for line in panel.lines] == ["age = 5 min", "age = 10 min"]
    assert [line.get_xdata().tolist() for line in panel.lines] == [pytest.approx([10, 20, 50])] * 2
