"""The command as a whole: help, usage errors, colour, pipes, and what is never shown: a traceback."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mscnet as package

COMMANDS = ("check", "show", "run", "doctor")


def process(*arguments, **settings):
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "mscnet", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **settings,
    )


def test_the_version_is_the_package_s(mscnet):
    assert mscnet("--version").out == f"mscnet {package.__version__}\n"


def test_help_is_no_error(mscnet):
    assert mscnet("--help").code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example_in_its_help(mscnet, command):
    assert f"  mscnet {command} " in mscnet(f"{command} --help").out


@pytest.mark.parametrize(
    "line", ["", "chek one.mech", "check", "run", "show one.mech nonsense", "check one.mech --jsn"]
)
def test_wrong_usage_is_2(mscnet, line):
    assert mscnet(line).code == 2


def test_a_misspelt_command_is_suggested(mscnet):
    assert "did you mean `check`?" in mscnet("chek one.mech").err


def test_a_misspelt_option_is_suggested(mscnet):
    assert "did you mean `--json`?" in mscnet("check one.mech --jsn").err


def test_options_are_not_shortened(mscnet):
    assert mscnet("run decay.mech --point 3").code == 2


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colour_is_as_the_environment_says(mscnet, monkeypatch, variables, coloured):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in mscnet("check nowhere.mech").err) == coloured


def test_the_process_gives_the_code_and_no_traceback(folder):
    done = process("check", "nowhere.mech", cwd=folder)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)


def test_a_closed_pipe_ends_in_peace(folder):
    """The reader takes one line of many and leaves."""
    command = f"{sys.executable} -m mscnet run decay.mech --points 200000 | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "time,A,B\n", "")


def test_ctrl_c_while_reading_ends_with_130(mscnet, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("mscnet.cli.check.read_file", interrupt)
    outcome = mscnet("check one.mech")
    assert (outcome.code, outcome.err) == (130, "interrupted\n")


def test_output_survives_a_terminal_without_unicode(folder):
    settings = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    Path(folder, "wide.mech").write_text('species A "碲化镉"\nA -> B @ 1\n', encoding="utf-8")
    assert process("show", "wide.mech", "species", cwd=folder, env=settings).returncode == 0


@pytest.mark.parametrize(("redirection", "code"), [(">/dev/full", 1), (">&-", 0), ("<&-", 0), ("2>&-", 0)])
def test_streams_that_are_full_or_closed_end_without_a_traceback(folder, redirection, code):
    command = ["bash", "-c", f"{sys.executable} -m mscnet run decay.mech {redirection}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=folder)
    assert (done.returncode, "Traceback" in done.stderr, "Exception" in done.stderr) == (code, False, False)


def test_a_closed_standard_input_is_1(folder):
    command = ["bash", "-c", f"{sys.executable} -m mscnet check - <&-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=folder)
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "error: standard input is closed")


def test_ctrl_c_in_a_long_run_keeps_what_was_reached(folder):
    text = "species A = 1\nA -> B rate 1000*[A]*(1 + sin(1000*time))\nB -> A @ 3\n"
    (folder / "slow.mech").write_text(
        text.replace("1000*time", "w*time").replace("1000*[A]", "w*[A]") + "parameter w = 1000\n"
    )
    command = [
        sys.executable,
        "-m",
        "mscnet",
        "run",
        "slow.mech",
        "--t-end",
        "1e5",
        "--points",
        "100001",
        "--out",
        "x.csv",
    ]
    started = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder)
    time.sleep(5)
    started.send_signal(signal.SIGINT)
    _, told = started.communicate(timeout=60)
    assert (started.returncode, "wrote x.csv" in told, "Traceback" in told) == (3, True, False)


@pytest.mark.parametrize("command", ["check - --json", "show - --json", "run - --json"])
def test_what_is_wrong_is_an_object_where_json_is_asked_for(mscnet, command):
    outcome = mscnet(command, stdin="A -> B @ 0.1 M\n")
    assert outcome.code == 1
    assert [finding["code"] for finding in json.loads(outcome.out)] == ["E020"]
