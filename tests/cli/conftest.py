"""Fixtures of the command-line tests: the command in this process, and a folder with a few files."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass

import pytest

from mscnet.cli.main import main

DECAY = """units time = min, concentration = mM
species A "starting material" = 1 mM
species B
option t_end = 10 min, points = 11
A -> B @ 0.1 /min
observable total = [A] + [B]
"""

EXCHANGE = "CdTe_PC + CdSe_MF <-> CdTeSe_PC399 + CdTe_MF\n"

PATHWAYS = """units time = min, concentration = mM
species A = 1 mM
option t_end = 1 min, pathway = slow
pathway fast "the fast one" { A -> B @ 10 }
pathway slow { A -> B @ 0.1 }
"""


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An own working folder with `decay.mech`, `one.mech` and `paths.mech`, and no colour."""
    for name, text in (("decay", DECAY), ("one", EXCHANGE), ("paths", PATHWAYS)):
        (tmp_path / f"{name}.mech").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def mscnet(folder, capsys, monkeypatch):
    """Runs ``mscnet`` with the words of a line, or with a list of arguments; `stdin` is text or bytes."""

    def run(line, stdin=None):
        if stdin is not None:
            data = stdin.encode() if isinstance(stdin, str) else stdin
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        code = main(line.split() if isinstance(line, str) else line)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run
