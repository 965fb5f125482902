"""``mscnet run``: what it asks for, what it writes, and how it ends."""

import csv
import io
import json
import math

import numpy as np
import pytest

from tests.cli.conftest import EXCHANGE


def rows(text):
    """Header and numbers of a CSV text."""
    header, *body = csv.reader(io.StringIO(text))
    return header, np.array([[float(cell) for cell in line] for line in body])


# --- the table -----------------------------------------------------------------------------------


def test_without_files_the_table_goes_to_stdout(mscnet):
    outcome = mscnet("run decay.mech")
    header, values = rows(outcome.out)
    assert (outcome.code, header, values.shape, outcome.err) == (0, ["time", "A", "B"], (11, 3), "")


def test_the_numbers_are_those_of_the_mechanism(mscnet):
    _, values = rows(mscnet("run decay.mech --rtol 1e-10 --atol 1e-12").out)
    np.testing.assert_allclose(values[:, 1], np.exp(-0.1 * values[:, 0]), rtol=1e-7)


def test_numbers_are_written_so_that_they_read_back(mscnet):
    cells = [cell for line in csv.reader(io.StringIO(mscnet("run decay.mech").out)) for cell in line][3:]
    assert cells == [repr(float(cell)) for cell in cells]


@pytest.mark.parametrize(
    ("columns", "header"),
    [
        ("species", ["time", "A", "B"]),
        ("observables", ["time", "total"]),
        ("all", ["time", "A", "B", "total"]),
        ("B,total", ["time", "B", "total"]),
        ("A", ["time", "A"]),
    ],
)
def test_columns_are_chosen(mscnet, columns, header):
    assert rows(mscnet(f"run decay.mech --columns {columns}").out)[0] == header


def test_an_unknown_column_is_1_with_a_suggestion(mscnet):
    outcome = mscnet("run decay.mech --columns totl")
    assert (outcome.code, "did you mean `total`?" in outcome.err) == (1, True)


def test_output_units_change_the_numbers(mscnet):
    _, values = rows(mscnet("run decay.mech --units time=s,concentration=uM").out)
    assert values[-1, 0] == pytest.approx(600.0)
    assert values[0, 1] == pytest.approx(1000.0)


def test_amounts_are_concentrations_times_the_unit_of_volume(mscnet):
    _, values = rows(mscnet("run decay.mech --amounts A --units amount=umol").out)
    assert values[0, 1] == pytest.approx(1000.0)  # 1 mM in 1 L
    assert values[0, 2] == 0.0


@pytest.mark.parametrize("units", ["time=mM", "time=parsec", "colour=red", "concentration=s"])
def test_output_units_that_make_no_sense_are_1(mscnet, units):
    assert mscnet(f"run decay.mech --units {units}").code == 1


def test_a_scale_of_the_file_s_own_is_not_turned_into_molar(mscnet):
    text = "unit c0\nunits concentration = c0\nspecies A = 1\nA -> B @ 1\noption t_end = 1\n"
    assert mscnet("run - --units concentration=uM", stdin=text).code == 1


# --- the run -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "times"),
    [
        ("--t-end 2 --points 3", [0, 1, 2]),
        ("--t-end 120s --points 3", [0, 1, 2]),
        ("--t-end 0.05h --every 1min", [0, 1, 2, 3]),
        ("--t-end 10 --points 3 --start 5min", [5, 7.5, 10]),
    ],
)
def test_times_are_as_asked(mscnet, options, times):
    assert rows(mscnet(f"run decay.mech {options}").out)[1][:, 0] == pytest.approx(times)


def test_points_or_every_but_not_both(mscnet):
    assert mscnet("run decay.mech --points 5 --every 1").code == 2


@pytest.mark.parametrize(
    "option", ["--points 1", "--points x", "--rtol 0", "--rtol -1", "--rtol nan", "--set k1", "--init =1"]
)
def test_options_that_cannot_be_read_are_2(mscnet, option):
    assert mscnet(f"run decay.mech {option}").code == 2


@pytest.mark.parametrize(
    "option",
    [
        "--t-end banana",
        "--t-end 5mM",
        "--t-end 5parsec",
        "--every 0",
        "--every -1",
        "--start 20",
        "--t-end -1",
        "--atol 1s",
    ],
)
def test_times_and_tolerances_that_do_not_fit_are_1(mscnet, option):
    outcome = mscnet(f"run decay.mech {option}")
    assert (outcome.code, outcome.err.startswith("error")) == (1, True)


def test_values_are_set(mscnet):
    text = "species A = 1\nA -> B @ k1\nB -> C @ k2\noption t_end = 1, points = 2\n"
    _, values = rows(mscnet("run - --set k1=0.5,k2=0 --rtol 1e-9", stdin=text).out)
    assert values[-1, 1] == pytest.approx(math.exp(-0.5), rel=1e-6)


def test_values_carry_units(mscnet):
    text = "units time = min\nspecies A = 1\nA -> B @ k1\noption t_end = 1, points = 2\n"
    _, values = rows(mscnet(["run", "-", "--set", "k1=30 /h", "--rtol", "1e-9"], stdin=text).out)
    assert values[-1, 1] == pytest.approx(math.exp(-0.5), rel=1e-6)


def test_initial_values_are_given_and_repeated(mscnet):
    _, values = rows(mscnet("run decay.mech --init A=2mM --init B=500uM").out)
    assert list(values[0, 1:]) == [2.0, 0.5]


@pytest.mark.parametrize(
    "option", ["--set k9=1", "--set A=1", "--init k1=1", "--init Aa=1", "--init A=-1", "--init A=1min", "--set total=1"]
)
def test_values_that_do_not_fit_are_1(mscnet, option):
    assert mscnet(f"run decay.mech {option}").code == 1


def test_a_derived_value_can_be_set(mscnet):
    text = "species A = 1\nparameter k1 = 1\nk2 = k1/12\nA -> B @ k2\n"
    out = mscnet("run - --set k2=0.5 --t-end 2 --points 2", stdin=text).out
    assert rows(out)[1][-1, 1] == pytest.approx(math.exp(-1), rel=1e-5)


def test_settings_of_the_solver_come_from_the_options_of_the_file(mscnet):
    text = "species A = 1\nA -> B @ 1\noption t_end = 3, t_start = 1, method = rk45, rtol = 1e-3, atol = 1e-4\n"
    told = json.loads(mscnet("run - --json", stdin=text).out)
    assert told["time"]["values"][0] == 1
    assert {key: told["provenance"][key] for key in ("method", "rtol", "atol")} == {
        "method": "rk45",
        "rtol": 1e-3,
        "atol": 1e-4,
    }


def test_a_pathway_is_chosen(mscnet):
    _, values = rows(mscnet("run paths.mech --pathway fast").out)
    assert values[-1, 1] == pytest.approx(math.exp(-10), rel=1e-2)


def test_the_pathway_that_is_taken_is_named(mscnet):
    assert mscnet("run paths.mech").err.startswith("pathway: slow")


def test_what_is_missing_is_said_at_once(mscnet):
    outcome = mscnet("run -", stdin=EXCHANGE)
    said = [word in outcome.err for word in ("`k1`, `k1r`", "--set k1=", "--t-end", "--init CdTe_PC=")]
    assert (outcome.code, said) == (1, [True] * 4)


def test_starting_from_nothing_is_a_warning(mscnet):
    outcome = mscnet("run - --t-end 1 --points 2", stdin="A -> B @ 1\n")
    assert (outcome.code, "all start at 0" in outcome.err) == (0, True)


@pytest.mark.parametrize("method", ["bdf", "radau", "lsoda", "rk45", "BDF"])
def test_methods_are_chosen(mscnet, method):
    assert mscnet(f"run decay.mech --method {method}").code == 0


def test_an_unknown_method_is_2(mscnet):
    assert mscnet("run decay.mech --method euler").code == 2


@pytest.mark.parametrize(
    "option",
    [
        "--method tau",
        "--method cle",
    ],
)
def test_what_is_to_come_is_64(mscnet, option):
    outcome = mscnet(f"run decay.mech {option}")
    assert (outcome.code, "not there yet" in outcome.err) == (64, True)


# --- files ---------------------------------------------------------------------------------------


def test_the_table_that_is_written_is_named(mscnet, folder):
    outcome = mscnet("run decay.mech --out curves.csv")
    assert outcome.err == "wrote curves.csv (11 rows × 3 columns)\n"
    assert (folder / "curves.csv").read_bytes().startswith(b"time,A,B\n0.0,1.0,0.0\n")


def test_with_files_stdout_stays_empty(mscnet):
    assert mscnet("run decay.mech --out curves.csv").out == ""


@pytest.mark.parametrize("extension", ["png", "svg", "pdf", "PNG"])
def test_figures_are_written_and_named(mscnet, folder, extension):
    outcome = mscnet(f"run decay.mech --plot curves.{extension}")
    assert (folder / f"curves.{extension}").stat().st_size > 1000
    assert outcome.err == f"wrote curves.{extension} (figure, 2 curves)\n"


def test_netcdf_carries_units_and_labels(mscnet, folder):
    import xarray

    mscnet("run decay.mech --out curves.nc")
    with xarray.open_dataset(folder / "curves.nc", engine="scipy") as data:
        assert data["A"].attrs == {"units": "mM", "long_name": "starting material"}
        assert data["time"].attrs["units"] == "min"


def test_parquet_without_its_package_names_the_extra(mscnet, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    outcome = mscnet("run decay.mech --out curves.parquet")
    assert (outcome.code, "mscnet[parquet]" in outcome.err) == (1, True)


@pytest.mark.parametrize("option", ["--out curves.xlsx", "--out curves", "--plot curves.gif", "--plot curves"])
def test_an_unknown_extension_is_2(mscnet, option):
    assert mscnet(f"run decay.mech {option}").code == 2


@pytest.mark.parametrize("option", ["--out nowhere/a.csv", "--plot nowhere/a.png"])
def test_a_missing_folder_is_1_and_found_before_the_run(mscnet, monkeypatch, option):
    monkeypatch.setattr("mscnet.simulation.simulate.simulate", None)
    assert mscnet(f"run decay.mech {option}").code == 1


def test_a_folder_in_place_of_the_file_is_1(mscnet, folder):
    (folder / "a.csv").mkdir()
    assert mscnet("run decay.mech --out a.csv").code == 1


def test_a_disk_that_refuses_is_1(mscnet, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mscnet.report.files.os.replace", refuse)
    outcome = mscnet("run decay.mech --out a.csv")
    assert (outcome.code, "No space left" in outcome.err) == (1, True)


# --- JSON ----------------------------------------------------------------------------------------


def test_json_holds_the_run(mscnet):
    result = json.loads(mscnet("run decay.mech --json --columns all").out)
    assert result["status"] == "done"
    assert [c["name"] for c in result["columns"]] == ["A", "B", "total"]
    assert (result["time"]["unit"], len(result["time"]["values"])) == ("min", 11)
    assert result["columns"][0]["label"] == "starting material"


# --- the numerics --------------------------------------------------------------------------------

EXPLODES = "species A = 1\n2 A -> 3 A @ 1\noption t_end = 2, points = 21\n"


def test_a_run_that_cannot_finish_is_3_and_says_where(mscnet):
    outcome = mscnet("run -", stdin=EXPLODES)
    assert (outcome.code, "error: " in outcome.err, "Traceback" in outcome.err) == (3, True, False)


def test_what_was_reached_is_kept_and_named(mscnet, folder):
    outcome = mscnet("run - --out part.csv --plot part.png", stdin=EXPLODES)
    header, values = rows((folder / "part.csv").read_text())
    assert (outcome.code, header) == (3, ["time", "A"])
    assert 0.5 < values[-1, 0] < 1.5
    assert "part.csv" in outcome.err
    assert "part.png" in outcome.err


def test_too_few_steps_is_3(mscnet):
    assert mscnet("run decay.mech --max-steps 2").code == 3


def test_ctrl_c_keeps_what_was_reached(mscnet, folder, monkeypatch):
    from mscnet.cli.progress import Progress

    def interrupt(self, *_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "update", interrupt)
    outcome = mscnet("run decay.mech --out part.csv")
    assert (outcome.code, (folder / "part.csv").exists()) == (3, True)


@pytest.mark.parametrize("asked", ["starting material", "[A]"])
def test_a_label_in_place_of_a_name_is_answered_by_the_name(mscnet, asked):
    outcome = mscnet(["run", "decay.mech", "--columns", asked])
    assert (outcome.code, "did you mean `A`?" in outcome.err) == (1, True)


BOUNDED = "species A = 1\noption t_end = 1 s, points = 2\nA -> B @ k\nparameter k = 1 /s in 0.1 .. 10"


@pytest.mark.parametrize(("value", "warned"), [("10", False), ("5000", True), ("0.01/s", True)])
def test_a_value_outside_its_bounds_is_a_warning(mscnet, value, warned):
    outcome = mscnet(f"run - --set k={value}", stdin=BOUNDED)
    assert (outcome.code, "warning[W061]" in outcome.err) == (0, warned)


def test_an_amount_keeps_its_name_and_has_its_unit(mscnet):
    columns = json.loads(mscnet("run decay.mech --json --amounts A").out)["columns"]
    assert [(c["name"], c["unit"]) for c in columns] == [("A", "mmol"), ("B", "mM")]
