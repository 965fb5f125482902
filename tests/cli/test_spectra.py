"""Spectra on the command line: what `show` says of them, and how `run` draws them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mscnet.cli.main import main

MODEL = """units time = min, concentration = mM, volume = mL
species A
A -> B @ 0.1 /min
solution S { A = 1 mM }
band A { gaussian center = 371 nm, fwhm = 20 nm, epsilon = 5 /mM/cm }
band B { gaussian center = 399 nm, fwhm = 20 nm, epsilon = 5 /mM/cm }
experiment e {
    mix 1 mL S
    measure uv = spectrum(330 nm .. 450 nm step 1 nm) every 2 min for 30 min
}
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "two.mech"
    path.write_text(MODEL, encoding="utf-8")
    return str(path)


def test_show_finds_the_isosbestic_point_between_two_equal_bands(file, capsys):
    assert main(["show", file, "spectra", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [point["wavelength"] for point in found["isosbestic"]] == [pytest.approx(385.0, abs=0.01)]


def test_show_finds_the_peaks_of_bands(file, capsys):
    assert main(["show", file, "spectra", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["bands"]
    assert [(b["species"], b["wavelength"], b["unit"]) for b in found] == [
        ("A", 371.0, "/mM/cm"),
        ("B", 399.0, "/mM/cm"),
    ]


@pytest.mark.parametrize("style", ["overlaid", "stacked", "difference"])
def test_a_figure_of_spectra_with_traces(file, tmp_path, capsys, style):
    picture = tmp_path / "uv.png"
    assert main(["run", file, "--plot", str(picture), "--spectra", style, "--at", "371nm, 399"]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--spectra", "stacked"], "give it a name"),
        (["--plot", "x.png", "--at", "900nm"], "900 nm"),
        (["--plot", "x.png", "--at", "red"], "is not a list of wavelengths"),
        (["--t-end", "5", "--at", "371nm"], "has no meaning here"),
    ],
)
def test_what_makes_no_sense_is_refused(file, capsys, monkeypatch, tmp_path, words, said):
    monkeypatch.chdir(tmp_path)
    try:
        code = main(["run", file, *words])
    except SystemExit as ended:
        code = ended.code
    assert code in (1, 2)
    assert said in capsys.readouterr().err


def test_a_wavelength_without_a_unit_is_refused(tmp_path, capsys):
    path = tmp_path / "bare.mech"
    path.write_text(MODEL.replace("measure uv", "measure od = absorbance(371), uv"), encoding="utf-8")
    assert main(["check", str(path)]) == 1
    assert "needs a unit" in capsys.readouterr().err
