"""Imports and derived pathways at the command line: names with a dot are names like any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

BASE = """
units time = min, concentration = mM
species A = 1 mM
step1: A <-> B @ k1, k2
parameter k1 = 0.2 /min in 0.01 .. 1 log, k2 = 0.1 /min
observable total = [A] + [B]
"""
MAIN = """
import "base.mech" as te with { k2 = 0.05 /min }
units time = min, concentration = mM, volume = mL
te.B -> C @ k3
parameter k3 = 0.1 /min
pathway full { C -> D @ k4 ; parameter k4 = 0.3 /min }
pathway one_way = full with { te.k2 = 0 }
solution S { te.A = 1 mM }
experiment e { mix 1 mL S ; measure a = [te.A] every 1 min for 10 min }
expect e { at(a, 5 min) = 0.4 ± 0.02 ; final(a) < 0.3 }
option t_end = 10 min, points = 3
"""


@pytest.fixture
def main_file(tmp_path: Path) -> Path:
    (tmp_path / "base.mech").write_text(BASE, encoding="utf-8")
    (tmp_path / "main.mech").write_text(MAIN, encoding="utf-8")
    return tmp_path / "main.mech"


def test_run_takes_and_prints_names_with_a_dot(mscnet, main_file):
    given = "--t-end 10min --set te.k1=0.4 --init te.A=2 --columns te.A,te.total --points 3"
    out = mscnet(f"run {main_file} {given}")
    assert out.code == 0
    lines = out.out.splitlines()
    assert lines[0] == "time,te.A,te.total"
    assert lines[1] == "0.0,2.0,2.0"


@pytest.mark.parametrize(
    "view", ["summary", "equations", "species", "reactions", "matrix", "conservation", "graph", "experiments"]
)
def test_every_view_shows_an_import(mscnet, main_file, view):
    for options in ("", " --json"):
        out = mscnet(f"show {main_file} {view} --pathway one_way{options}")
        assert out.code == 0, out.err
        assert "te." in out.out


def test_latex_and_dot(mscnet, main_file):
    assert "te" in mscnet(f"show {main_file} equations --latex").out
    assert "te.A" in mscnet(f"show {main_file} graph --dot").out


def test_a_derived_pathway_is_run_tested_and_compared(mscnet, main_file):
    assert mscnet(f"run {main_file} --t-end 10min --pathway one_way").code == 0
    assert mscnet(f"test {main_file} --pathway one_way").code in (0, 1)
    out = mscnet(f"compare {main_file} --starts 1 --jobs 1 --json")
    assert {row["pathway"] for row in json.loads(out.out)} == {"full", "one_way"}


def test_a_fit_frees_an_imported_constant_and_its_result_is_taken(mscnet, main_file, tmp_path):
    out = mscnet(f"fit {main_file} --pathway full --starts 1 --jobs 1 --out {tmp_path / 'fit'}")
    assert out.code == 0, out.err
    kept = json.loads((tmp_path / "fit" / "fit.json").read_text())
    assert "te.k1" in kept["values"]
    again = mscnet(f"run {main_file} --t-end 10min --pathway full --fitted {tmp_path / 'fit' / 'fit.json'} --points 2")
    assert again.code == 0, again.err
    assert again.out != mscnet(f"run {main_file} --t-end 10min --pathway full --points 2").out


def test_errors_in_an_import_name_its_file(mscnet, main_file):
    (main_file.parent / "base.mech").write_text(BASE + "X -> Y @ 0.1 /M\n", encoding="utf-8")
    found = json.loads(mscnet(f"check {main_file} --json").out)
    (error,) = [each for each in found if each["severity"] == "error"]
    assert error["file"].endswith("base.mech")
    assert error["related"][-1]["file"].endswith("main.mech")
    assert error["related"][-1]["message"] == "imported here"


def test_an_import_from_standard_input_is_one_by_name_alone(mscnet):
    assert mscnet("check -", stdin='import "michaelis_menten" as mm\nmm.P -> Q @ 1\n').code == 0
    assert mscnet("check -", stdin='import "x.mech"\nA -> B @ 1\n').code == 1
