"""``mscnet run FILE.bngl --actions``"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mscnet.cli.main import main
from tests.simulation.test_replay import MODEL

ACTIONS = """\
simulate_ode({t_end=>2,n_steps=>2})
setParameter("k",1)
simulate_ode({t_end=>3,n_steps=>1,continue=>1})
simulate_ode({t_end=>1,n_steps=>1,suffix=>"end"})
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "m.bngl"
    path.write_text(MODEL + ACTIONS, encoding="utf-8")
    return path


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def test_each_run_has_a_table(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = file.parent / "run.csv"
    assert main(["run", str(file), "--actions", "--columns", "observables", "--out", str(out)]) == 0
    assert [len(rows(file.parent / name)) for name in ("run.csv", "run_2.csv", "run_end.csv")] == [4, 3, 3]
    assert rows(out)[0] == ["time", "Atot", "Btot"]
    assert float(rows(file.parent / "run_2.csv")[1][1]) == pytest.approx(float(rows(out)[-1][1]), rel=1e-9)
    assert "run 3 (end): t = 0 to 1 s" in capsys.readouterr().err


def test_what_is_passed_over_is_told(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(file.read_text(encoding="utf-8") + "writeXML()\nvisualize({})\n", encoding="utf-8")
    assert main(["run", str(file), "--actions"]) == 0
    assert "writeXML, visualize" in capsys.readouterr().err
    assert main(["check", str(file)]) == 0
    assert "`mscnet show FILE contact`" in capsys.readouterr().err


def test_a_plain_run_takes_the_first(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(file)]) == 0
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()] == ["time", "0.0", "1.0", "2.0"]


@pytest.mark.parametrize("option", [["--t-end", "3"], ["--method", "ssa"], ["--init", "A=1"]])
def test_what_the_actions_say_no_option_says(file: Path, option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(file), "--actions", *option]) == 2
    assert "the actions of the file say it" in capsys.readouterr().err


def test_other_files_have_no_actions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "cdtese", "--actions"]) == 2
    assert "BNGL" in capsys.readouterr().err


def test_a_file_without_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "m.bngl"
    path.write_text(MODEL, encoding="utf-8")
    assert main(["run", str(path), "--actions"]) == 1
    assert "no run" in capsys.readouterr().err


def test_a_construct_that_is_not_there_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "m.bngl"
    path.write_text(MODEL + "generate_hybrid_model({})\n", encoding="utf-8")
    assert main(["check", str(path)]) == 64
