"""``mscnet fit``, and ``--fitted`` of other commands."""

from __future__ import annotations

import csv
import json

import pytest

from tests.inference.abc import FACT, MODEL, TRUE, write

TWO_WAYS = MODEL.replace("step2: B -> C @ k2", "") + (
    "pathway direct { A -> C @ k3 }\npathway chain { B -> C @ k2 }\noption pathway = direct\n"
)


@pytest.fixture
def model(folder):
    write(folder)
    return folder


@pytest.fixture
def fitted(mscnet, model):
    """A folder `out` with a fit of one start."""
    assert mscnet("fit abc.mech --starts 1 --jobs 1 --errors instrument --out out").code == 0
    return model


def test_values_are_printed_with_errors_and_ranges(mscnet, model) -> None:
    found = mscnet("fit abc.mech --starts 1 --jobs 1 --errors instrument")
    row = next(line for line in found.out.splitlines() if line.startswith("k1"))
    assert found.code == 0
    assert "±" in row
    assert row.endswith("/min  0.001 .. 10 log")


def test_counts_costs_and_starts_are_told(mscnet, model) -> None:
    out = mscnet("fit abc.mech --starts 2 --jobs 1 --errors instrument --candidates 1").out
    assert "n = 26 (26 data), k = 2; cost" in out
    assert "2 starts, 2 of them at the best cost" in out


def test_facts_that_are_met_are_counted(mscnet, folder) -> None:
    write(folder, text=MODEL + FACT)
    out = mscnet("fit abc.mech --starts 1 --jobs 1 --errors instrument").out
    assert "facts: 1 passed" in out


def test_facts_that_do_not_count_are_judged_all_the_same(mscnet, folder) -> None:
    write(folder, text=MODEL + FACT)
    out = mscnet("fit abc.mech --starts 1 --jobs 1 --errors instrument --no-facts").out
    assert "n = 26 (26 data)" in out
    assert "facts: 1 passed" in out


def test_json_has_numbers(mscnet, model) -> None:
    data = json.loads(mscnet("fit abc.mech --starts 1 --jobs 1 --errors instrument --json").out)
    values = {p["name"]: p for p in data["parameters"]}
    assert abs(values["k1"]["value"] - TRUE["k1"]) < 2 * values["k1"]["error"]


def test_the_folder_has_what_is_told(mscnet, fitted) -> None:
    rows = list(csv.DictReader((fitted / "out" / "parameters.csv").read_text().splitlines()))
    assert [row["name"] for row in rows] == ["k1", "k2"]


def test_a_fixed_parameter_stays(mscnet, model) -> None:
    words = "fit abc.mech --starts 1 --jobs 1 --errors instrument --set k2=0.04 --fix k2 --json"
    assert [p["name"] for p in json.loads(mscnet(words).out)["parameters"]] == ["k1"]


def test_a_freed_parameter_is_searched_for(mscnet, folder) -> None:
    write(folder, text=MODEL.replace("step2", "step3: A -> C @ k3\nstep2"))
    words = "fit abc.mech --starts 1 --jobs 1 --errors instrument --free k3 --json"
    assert [p["name"] for p in json.loads(mscnet(words).out)["parameters"]] == ["k1", "k2", "k3"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("--fix k1,k2", 1, "free"),
        ("--fix k9", 1, "no parameter `k9`"),
        ("--resume", 2, "name it: --out DIR"),
        ("--experiment decoy", 1, "did you mean `decay`"),
        ("--loss cauchy", 2, "invalid choice"),
        ("--starts 0", 2, "not a whole number"),
        ("--out abc.mech", 1, "cannot be written"),
        ("--nonnegative", 2, "add --free-spectra"),
        ("--degrees 3", 2, "add --loss student"),
        ("--free-spectra", 2, "no data are of light"),
        ("--free-spectra --no-data", 2, "leave out one of them"),
        ("--band-of mean", 2, "add --bands"),
        ("--bootstrap-kind residual", 2, "add --bootstrap"),
        ("--bootstrap 20 --bootstrap-kind case --linear auto", 2, "cases cannot be drawn"),
    ],
)
def test_what_cannot_be_is_refused(mscnet, model, words, code, message) -> None:
    found = mscnet(f"fit abc.mech --jobs 1 {words}")
    assert found.code == code
    assert message in found.err
    assert "Traceback" not in found.err


@pytest.mark.parametrize("missing", ["NaN", "NA", ""])
def test_data_without_a_value_are_told(mscnet, model, missing) -> None:
    (model / "decay.csv").write_text(f"time (min),b,c\n0,{missing},{missing}\n5,{missing},{missing}\n")
    found = mscnet("fit abc.mech --jobs 1")
    assert (found.code, "decay.csv holds no value" in found.err) == (1, True)


def test_a_fit_with_other_settings_is_not_gone_on_with(mscnet, fitted) -> None:
    found = mscnet("fit abc.mech --starts 1 --jobs 1 --errors instrument --seed 2 --out out --resume")
    assert found.code == 1
    assert "other settings" in found.err


def test_a_resumed_fit_gives_the_same(mscnet, fitted) -> None:
    before = (fitted / "out" / "parameters.csv").read_text()
    found = mscnet("fit abc.mech --starts 1 --jobs 1 --errors instrument --out out --resume")
    assert found.code == 0
    assert (fitted / "out" / "parameters.csv").read_text() == before


# --- --fitted -------------------------------------------------------------------------------------


def test_run_takes_fitted_values(mscnet, fitted) -> None:
    values = json.loads((fitted / "out" / "fit.json").read_text())["values"]
    ours = mscnet("run abc.mech --fitted out")
    by_hand = mscnet(["run", "abc.mech", "--set", f"k1={values['k1']!r},k2={values['k2']!r}"])
    assert ours.code == 0
    assert ours.out == by_hand.out


def test_test_takes_fitted_values(mscnet, fitted) -> None:
    (fitted / "abc.mech").write_text(MODEL + FACT)
    found = mscnet("test abc.mech --fitted out/fit.json")
    assert found.code == 0
    assert "has changed since" in found.err


def test_show_takes_fitted_values(mscnet, fitted) -> None:
    value = json.loads((fitted / "out" / "fit.json").read_text())["values"]["k1"]
    assert f"{value:.10g} /min" in mscnet("show abc.mech reactions --fitted out").out


def test_a_file_without_the_parameters_is_refused(mscnet, fitted) -> None:
    found = mscnet("run decay.mech --fitted out")
    assert found.code == 1
    assert "no parameter `k1`, `k2`" in found.err


def test_the_pathway_of_the_fit_is_taken(mscnet, folder) -> None:
    write(folder, text=TWO_WAYS)
    assert mscnet("fit abc.mech --pathway chain --starts 1 --jobs 1 --errors instrument --out out").code == 0
    assert "pathway chain" in mscnet("run abc.mech --fitted out").err


def test_no_fit_at_all_is_told(mscnet, model) -> None:
    found = mscnet("run abc.mech --fitted nowhere")
    assert found.code == 1
    assert "mscnet fit FILE --out DIR" in found.err
