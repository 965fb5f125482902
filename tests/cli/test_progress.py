"""The progress bar: on a terminal, after a while, and nowhere else."""

import io

import pytest

from mscnet.cli.console import Console
from mscnet.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(stream):
    with Progress(Console(io.StringIO(), stream)) as progress:
        for fraction in (0.0, 0.5, 1.0):
            progress.update(fraction)
    return stream.getvalue()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("mscnet.cli.progress._PATIENCE", 0.0)


def test_a_long_run_shows_a_bar_on_a_terminal(impatient):
    assert "left" in shown(Terminal())


def test_a_short_run_shows_none():
    assert shown(Terminal()).strip() == ""


def test_a_file_gets_none(impatient):
    assert shown(io.StringIO()) == ""
