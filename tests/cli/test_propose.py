"""``mscnet propose``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mscnet.cli.main import main
from tests.inference.known import Known

PAIR = Known("pair", {"A": "X2", "M": "X"}, ("A <-> 2 M @ 0.3, 0.2",), ({"A": 1.0}, {"M": 1.5}))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(PAIR.write(tmp_path_factory.mktemp("pair"), seed=1))


def test_the_table_has_the_steps(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["propose", file, "--proposals", "1"])
    text = capsys.readouterr().out
    assert (code, "A -> 2 M" in text, "A <-> 2 M   @ k1_proposal1, k2_proposal1" in text) == (0, True, True)


def test_json_is_an_object(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["propose", file, "--json"])
    data = json.loads(capsys.readouterr().out)
    assert [r["equation"] for r in data["proposals"][0]["reactions"]] == ["A -> 2 M", "2 M -> A"]


def test_files_are_written(file: str, tmp_path: Path) -> None:
    main(["propose", file, "--out", str(tmp_path)])
    assert {p.name for p in tmp_path.iterdir()} == {"sets.jsonl", "proposals.json", "proposals.mech"}


def test_it_goes_on_in_a_folder(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["propose", file, "--out", str(tmp_path), "--json"])
    first = json.loads(capsys.readouterr().out)
    main(["propose", file, "--out", str(tmp_path), "--json", "--resume"])
    assert json.loads(capsys.readouterr().out)["proposals"] == first["proposals"]


def test_resume_needs_a_folder(file: str) -> None:
    assert main(["propose", file, "--resume"]) == 2


def test_too_few_fits_are_told(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["propose", file, "--fits", "2"])
    assert (code, "stopped after 2 fits" in capsys.readouterr().err) == (0, True)


def test_an_unknown_experiment_is_an_error(file: str) -> None:
    assert main(["propose", file, "--experiment", "e9"]) == 1


def test_nothing_to_explain_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "bare.mech"
    path.write_text(PAIR.declared)
    assert main(["propose", str(path)]) == 1
