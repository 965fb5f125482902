"""Experiments on the command line: which are run, what they print, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import mscnet
from mscnet.cli import experiments as commands
from mscnet.cli import fitted
from mscnet.cli import run as run_command
from mscnet.cli.main import main
from mscnet.mechanism.expression import Number
from mscnet.mechanism.types import Option
from mscnet.mechanism.units import VOLUME
from mscnet.records import replace
from tests.experiment.making import (
    add,
    bench,
    experiment,
    hold,
    loop,
    measure,
    mix,
    portion,
    solution,
    solvent,
    take,
    value,
)

TEXT = "units time = min, concentration = mM, volume = mL\nspecies A = 1 mM\nA -> B @ k\nparameter k = 0.1 /min"


@pytest.fixture
def mechanism(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The mechanism that every file is; put another in its place to change it."""
    steps = (mix(portion(1, "s")), hold(5), take(loop("v")), add(portion(1, "water")))
    fig4 = experiment("fig4", *steps, measure(value("A"), value("B"), every=2, duration=4),
                      loops={"v": [Number(Fraction(n, 100), VOLUME) for n in (3, 6)]})  # fmt: skip
    blank = experiment("blank", mix(portion(1, "water")), measure(value("A")))
    held = [bench(TEXT, [solution("s", A=2), solvent("water")], fig4, blank)]
    monkeypatch.setattr(fitted, "read_mechanism", lambda *_: held[0])
    return held


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    said = capsys.readouterr()
    return code, said.out, said.err


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.usefixtures("mechanism")
def test_without_an_end_all_experiments_run_in_long_form(capsys) -> None:
    code, out, _ = command(capsys, "run", "x")
    rows = rows_of(out)
    assert code == 0
    assert list(rows[0]) == ["experiment", "v", "time", "A", "B"]
    assert [(r["experiment"], r["v"], r["time"]) for r in rows] == [
        *[("fig4", v, t) for v in ("0.03", "0.06") for t in ("0.0", "2.0", "4.0")],
        ("blank", "", "0.0"),
    ]
    assert rows[-1] == {"experiment": "blank", "v": "", "time": "0.0", "A": "0.0", "B": ""}


@pytest.mark.usefixtures("mechanism")
@pytest.mark.parametrize(("asked", "count"), [("fig4", 6), ("fig4(30 uL)", 3), ("fig4(v = 60 uL)", 3), ("blank", 1)])
def test_one_experiment_or_condition_is_asked_for(capsys, asked, count) -> None:
    assert len(rows_of(command(capsys, "run", "x", "--experiment", asked)[1])) == count


def test_the_option_of_the_file_names_the_experiment(capsys, mechanism) -> None:
    mechanism[0] = replace(mechanism[0], options=(Option("experiment", "fig4(30 uL)"),))
    assert len(rows_of(command(capsys, "run", "x")[1])) == 3


@pytest.mark.usefixtures("mechanism")
def test_an_end_makes_a_plain_run(capsys) -> None:
    _, out, _ = command(capsys, "run", "x", "--t-end", "1", "--points", "2")
    assert list(rows_of(out)[0]) == ["time", "A", "B"]


@pytest.mark.usefixtures("mechanism")
def test_values_are_set_and_columns_chosen(capsys) -> None:
    _, out, _ = command(capsys, "run", "x", "--experiment", "fig4", "--set", "k=0", "--columns", "A")
    assert {row["A"] for row in rows_of(out)[:3]} == {repr(2 * 0.03 / 1.03)}


@pytest.mark.usefixtures("mechanism")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--experiment", "fig5"], 1, "did you mean `fig4`?"),
        (["--experiment", "fig4(30 min)"], 1, "`v` of `fig4`"),
        (["--experiment", "fig4(30 uL"], 1, "lacks its closing bracket"),
        (["--experiment", "fig4(1, 2)"], 1, "its variables are v"),
        (["--experiment", "fig4", "--t-end", "3"], 2, "--t-end has no meaning with experiments"),
        (["--experiment", "fig4", "--columns", "C"], 1, "the readings are: A, B"),
        (["--experiment", "fig4", "--method", "ssa"], 1, "experiments are integrated"),
        (["--out", "x.txt"], 2, "`.txt` is not among its formats"),
        (["--amounts", "A"], 2, "--amounts has no meaning with experiments"),
        (["--seed", "1"], 2, "--seed has no meaning without --noise"),
        (["--noise"], 1, "the instrument has none"),
        (["--t-end", "1", "--noise"], 2, "--noise has no meaning here"),
        (["--units", "time=mM"], 1, "not of time"),
    ],
)
def test_what_is_refused_says_why(capsys, words, code, message) -> None:
    found, _, err = command(capsys, "run", "x", *words)
    assert (found, message in err) == (code, True), err


@pytest.mark.usefixtures("mechanism")
def test_files_are_written(capsys, tmp_path: Path) -> None:
    out, plot = tmp_path / "out.csv", tmp_path / "out.png"
    code, _, err = command(capsys, "run", "x", "--out", str(out), "--plot", str(plot))
    assert (code, plot.stat().st_size > 1000) == (0, True)
    assert len(rows_of(out.read_text())) == 7
    assert "3 panels" in err


@pytest.mark.usefixtures("mechanism")
def test_parquet_without_its_library_says_what_to_install(capsys, tmp_path: Path, monkeypatch) -> None:
    import importlib.util

    found = importlib.util.find_spec
    missing = ("pyarrow", "fastparquet")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else found(name))
    code, _, err = command(capsys, "run", "x", "--out", str(tmp_path / "out.parquet"))
    assert (code, "pip install 'mscnet[parquet]'" in err) == (1, True), err


@pytest.mark.usefixtures("mechanism")
def test_a_run_as_json(capsys) -> None:
    run = json.loads(command(capsys, "run", "x", "--json")[1])
    assert [c["values"] for c in run["conditions"]] == [{"v": 0.03}, {"v": 0.06}, {}]
    assert run["conditions"][0]["measured"][0]["series"][0]["name"] == "A"


@pytest.mark.usefixtures("mechanism")
def test_the_ledger_is_shown(capsys) -> None:
    code, out, _ = command(capsys, "show", "x", "experiments")
    assert code == 0
    assert "take 30 uL of pot" in out
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.usefixtures("mechanism")
def test_the_ledger_as_json_has_every_vessel_after_every_step(capsys) -> None:
    ledger = json.loads(command(capsys, "show", "x", "experiments", "--json")[1])
    steps = ledger["conditions"][0]["steps"]
    assert [row["volume"] for row in steps] == pytest.approx([1, 1, 0.03, 1.03, 1.03])
    assert steps[0]["concentrations"] == {"A": 2.0, "B": 0.0}
    assert ledger["units"]["volume"] == "mL"


def test_a_condition_that_does_not_finish_is_named(capsys, mechanism) -> None:
    mechanism[0] = bench("2 A -> 3 A @ 1", [solution("s", A=1)], experiment("e", mix(portion(1, "s")), hold(2)))
    code, _, err = command(capsys, "run", "x", "--max-steps", "5000")
    assert (code, "error: e: `pot` could not be followed beyond t = 1 s" in err) == (3, True)


def test_a_reading_that_is_infinite_is_empty_null_and_told_once(capsys, mechanism) -> None:
    inverse = value("inv", mscnet.loads("A -> B @ 1\nderived = 1/[B]").definitions[0].expression)
    steps = (mix(portion(1, "s")), measure(inverse, every=2, duration=2))
    mechanism[0] = bench(TEXT, [solution("s", A=2)], experiment("e", *steps))
    _, out, err = command(capsys, "run", "x")
    assert [row["inv"] == "" for row in rows_of(out)] == [True, False]
    assert err.count("`inv` of e has 1 value") == 1
    run = json.loads(command(capsys, "run", "x", "--json")[1])
    assert run["conditions"][0]["measured"][0]["series"][0]["values"][0] is None


def test_every_option_that_is_refused_is_one_of_run() -> None:
    import argparse

    parser = argparse.ArgumentParser()
    run_command.add_arguments(parser)
    assert set(commands._PLAIN) <= set(vars(parser.parse_args(["x"])))
