"""Comparisons in which a pathway cannot be run, stands twice, or has nothing free."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import mscnet
from mscnet.inference.comparison_files import load_comparison

HEAD = """
units time = min, concentration = mM, volume = mL
species A ; species B
parameter k1 = 0.2 /min in 1e-3 .. 10 log
parameter k2 = 0.2 /min in 1e-3 .. 10 log
pathway good { a: A -> B @ k1 }
solution stock { A = 1 mM }
experiment e { mix 1 mL stock ; measure b = [B] every 1 min for 20 min }
expect e { at(b, 5 min) = 0.5 mM ± 0.05 mM ; at(b, 10 min) = 0.75 mM ± 0.05 mM }
"""
BLOWS_UP = "pathway blow { b: A -> 2 A @ k2*[A]^3*1000000 /mM^3\n a: A -> B @ k1 }\n"


@pytest.mark.slow
def test_a_pathway_that_cannot_be_run_is_told_and_the_others_are_ranked(tmp_path: Path) -> None:
    found = mscnet.compare(mscnet.loads(HEAD + BLOWS_UP), starts=2, candidates=1, jobs=1, folder=tmp_path)
    assert ([r.pathway for r in found.ranked], list(found.failed)) == (["good"], ["blow"])
    assert any("Only good could be fitted" in part for part in found.verdict)


@pytest.mark.slow
def test_such_a_comparison_can_be_made_again_in_its_folder(tmp_path: Path) -> None:
    for _ in range(2):
        mscnet.compare(mscnet.loads(HEAD + BLOWS_UP), starts=1, candidates=1, jobs=1, folder=tmp_path)
    assert not (tmp_path / "blow").exists()


@pytest.mark.slow
def test_where_none_can_be_run_it_fails() -> None:
    text = HEAD.replace("pathway good { a: A -> B @ k1 }", BLOWS_UP.replace("blow", "other")) + BLOWS_UP
    with pytest.raises(mscnet.FitFailed, match="no pathway could be fitted"):
        mscnet.compare(mscnet.loads(text), starts=1, candidates=1, jobs=1)


@pytest.mark.parametrize(("step", "same"), [("A -> B @ k1", True), ("A -> B @ k2", False)])
def test_one_model_under_two_names_is_told(step: str, same: bool) -> None:
    found = mscnet.compare(mscnet.loads(HEAD + f"pathway twin {{ x: {step} }}\n"), starts=1, jobs=1)
    assert any("good and twin are the same model" in part for part in found.verdict) is same


NULL = HEAD + "pathway null { a: A -> B @ 0.05 /min }\n"


def test_a_pathway_without_free_constants_is_ranked_as_it_stands(tmp_path: Path) -> None:
    found = mscnet.compare(mscnet.loads(NULL), starts=1, jobs=1)
    [null] = [each for each in found.ranked if each.pathway == "null"]
    misses = np.array([1 - np.exp(-0.25) - 0.5, 1 - np.exp(-0.5) - 0.75]) / 0.05  # of the two facts
    assert null.criteria.parameters == 0
    assert null.criteria.sse == pytest.approx(misses @ misses, rel=1e-4)
    assert null.criteria.bic == pytest.approx(misses @ misses + 2 * np.log(2 * np.pi * 0.05**2), rel=1e-4)


def test_its_files_are_written(tmp_path: Path) -> None:
    mscnet.compare(mscnet.loads(NULL), starts=1, jobs=1).save(tmp_path)
    assert mscnet.load_fit(tmp_path / "null").k == 0


def test_errors_that_are_estimated_count_without_free_constants(tmp_path: Path) -> None:
    rows = "".join(f"{t},{0.02 * t + 0.01 * (-1) ** t}\n" for t in range(1, 11))
    (tmp_path / "e.csv").write_text("time,b\n" + rows)
    (tmp_path / "m.mech").write_text(NULL + 'data e "e.csv"\n')
    found = mscnet.compare(mscnet.load(tmp_path / "m.mech"), starts=1, jobs=1)
    assert {each.pathway: each.criteria.parameters for each in found.ranked} == {"good": 2, "null": 1}


def test_alone_it_is_not_fitted() -> None:
    with pytest.raises(mscnet.MechanismError, match="no free parameter"):
        mscnet.fit(mscnet.loads(NULL).with_pathway("null"), starts=1)


def test_a_comparison_without_what_came_later_is_read(tmp_path: Path) -> None:
    mscnet.compare(mscnet.loads(NULL), starts=1, jobs=1).save(tmp_path)
    data = json.loads((tmp_path / "compare.json").read_text())
    for row in data["ranked"]:
        del row["prior_squares"]
    (tmp_path / "compare.json").write_text(json.dumps(data))
    assert load_comparison(tmp_path).ranked[0].prior_squares == 0.0
