"""Measured data in commands: what is wrong with a file is named, and how far the model is from it is told."""

from __future__ import annotations

import json
import math

import pytest

FILE = """units time = min, concentration = mM, volume = mL
solution s { A = 2 mM }
A -> B @ k
parameter k = 0.1 /min
experiment decay(x) for x in 1, 2 mL {
    mix x s
    measure a = [A] every 5 min for 10 min
}
data decay "decay.csv" { error = 0.1 }
expect decay { max(a) < 3 mM }
"""
GOOD = f"x (mL),time (min),a\n1,0,2.3\n1,5,{2 * math.exp(-0.5) - 0.4!r}\n2,0,2\n"


@pytest.fixture
def data(folder):
    """Writes the mechanism and its data: the text of the table, or None for no file."""

    def write(table, text=FILE):
        (folder / "decay.mech").write_text(text, encoding="utf-8")
        if table is not None:
            (folder / "decay.csv").write_text(table, encoding="utf-8")
        return folder

    return write


@pytest.mark.parametrize("command", ["check", "run", "test"])
def test_a_bad_cell_is_named_in_its_file_and_in_the_mechanism(mscnet, data, command):
    data(GOOD + "2,5,0.O\n")
    outcome = mscnet(f"{command} decay.mech")
    assert (outcome.code, "decay.csv:5:5" in outcome.err, "decay.mech:9:12" in outcome.err) == (1, True, True)


@pytest.mark.parametrize("command", ["check", "run", "test"])
def test_a_missing_file_is_named_where_the_mechanism_names_it(mscnet, data, command):
    data(None)
    outcome = mscnet(f"{command} decay.mech")
    assert (outcome.code, outcome.out.count("time"), "decay.mech:9:12" in outcome.err) == (1, 0, True)


def test_a_column_that_the_mechanism_names_must_be_there(mscnet, data):
    data(GOOD, FILE.replace("error = 0.1", 'a = "conc"'))
    outcome = mscnet("check decay.mech")
    assert (outcome.code, "decay.csv:1:1" in outcome.err, "no column `conc`" in outcome.err) == (1, True, True)


def test_a_column_like_a_reading_is_a_warning_at_its_header(mscnet, data):
    data("x (mL),time (min),a,conc_a\n1,0,2.3,1\n", FILE.replace("measure a =", "measure a = [A], conc_A2 ="))
    (found,) = json.loads(mscnet("check decay.mech --json").out)
    assert (found["code"], found["file"], found["line"], found["column"]) == ("W130", "decay.csv", 1, 21)


def test_large_data_are_not_read_by_check(mscnet, data, monkeypatch):
    from mscnet.experiment import data_check

    data("no table at all")
    monkeypatch.setattr(data_check, "MAX_CHECKED", 3)
    outcome = mscnet("check decay.mech")
    assert (outcome.code, "note[N130]" in outcome.err) == (0, True)


def test_a_bad_measured_spectrum_is_found(mscnet, data):
    folder = data(GOOD, FILE + 'band A { spectrum "band.csv" }\n')
    (folder / "band.csv").write_text("350,1\n360,one\n")
    outcome = mscnet("check decay.mech")
    assert (outcome.code, "band.csv:2:1" in outcome.err, "decay.mech:11:" in outcome.err) == (1, True, True)


def test_a_run_tells_how_far_the_model_is_from_each_series(mscnet, data):
    data(GOOD)
    err = mscnet("run decay.mech").err
    rms = math.sqrt((0.3**2 + 0.4**2) / 2)
    assert f"a: 2 points, rms residual {rms:.3g} mM = {rms / 0.1:.3g} errors" in err
    assert "a: 1 point, rms residual 0 mM" in err


def test_data_of_conditions_that_were_not_asked_for_are_left_out(mscnet, data):
    data(GOOD)
    assert mscnet(["run", "decay.mech", "--experiment", "decay(2 mL)"]).err.count("rms residual") == 1


def test_data_of_no_condition_are_refused(mscnet, data):
    data(GOOD.replace("\n2,0", "\n3,0"))
    outcome = mscnet("run decay.mech")
    assert (outcome.code, "was not done with x = 3" in outcome.err) == (1, True)


def test_facts_are_listed_without_data_unless_asked(mscnet, data):
    data(GOOD)
    plain, asked = mscnet("test decay.mech").out, mscnet("test decay.mech --data").out
    assert ("decay.csv" in plain, "decay.csv" in asked) == (False, True)
    assert "2 passed" in asked


def test_data_as_json_stand_beside_the_facts(mscnet, data):
    data(GOOD)
    found = json.loads(mscnet("test decay.mech --data --json").out)
    assert ([d["points"] for d in found["data"]], len(found["facts"])) == ([2, 1], 2)
