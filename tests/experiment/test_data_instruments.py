"""Exports of instruments, written here after their public descriptions."""

from __future__ import annotations

import contextlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mscnet import MechanismError
from tests.experiment.test_data_tables import place, read, refused

CARY = """Mix 1,,Mix 2,,
Wavelength (nm),Abs,Wavelength (nm),Abs,
401.0,0.10,401.0,0.20,
400.0,0.30,400.0,0.40,

Mix 1
Collection Time: 11/25/2019 11:58:30 AM
Scan rate (nm/min),600.00
Mix 2
Collection Time: 11/25/2019 12:03:30 PM
"""
OCEAN = """Data from run1 Node
Date: Mon Nov 25 15:14:00 GMT 2019
Integration Time (sec): 1.0E-2
>>>>>Begin Spectral Data<<<<<
400.5\t0.1
401.0\t-0.2
>>>>>End Spectral Data<<<<<
"""


def jcamp(lines: str, first: float = 400, last: float = 409, points: int = 10, **records: str) -> str:
    given_records = {"XUNITS": "NANOMETERS", "YUNITS": "ABSORBANCE", "YFACTOR": "0.5", **records}
    head = "".join(f"##{label}={value}\n" for label, value in given_records.items())
    form = "##XYDATA=(X++(Y..Y))\n" if "(XY" not in lines else ""
    return (
        f"##TITLE=one $$ remark\n##JCAMP-DX=4.24\n##DATA TYPE=UV/VIS SPECTRUM\n{head}##FIRSTX={first}\n"
        f"##LASTX={last}\n##NPOINTS={points}\n{form}{lines}\n##END=\n"
    )


# --- Agilent Cary -----------------------------------------------------------------------------------------


def test_cary_scans_are_timed_by_the_notes_below(tmp_path: Path) -> None:
    (spectra,) = read(tmp_path, CARY, readings={"scan": "spectrum"}).spectra
    assert (spectra.time.tolist(), spectra.wavelength.tolist()) == ([0, 5], [400, 401])
    assert spectra.absorbance.tolist() == [[0.3, 0.1], [0.4, 0.2]]


def test_cary_scans_are_timed_by_their_names(tmp_path: Path) -> None:
    text = CARY.split("\n\n")[0].replace("Mix 1", "mix_30 s").replace("Mix 2", "mix_2 min") + "\n"
    assert read(tmp_path, text).spectra[0].time.tolist() == [0.5, 2]


def test_cary_scans_without_times_are_refused(tmp_path: Path) -> None:
    assert "was taken" in str(refused(tmp_path, CARY.split("\n\n")[0] + "\n"))


def test_days_and_months_are_not_mixed_up(tmp_path: Path) -> None:
    midnight = CARY.replace("11/25/2019 11:58:30 AM", "30.11.2019 23:58:00").replace(
        "11/25/2019 12:03:30 PM", "01.12.2019 00:03:00"
    )
    assert read(tmp_path, midnight).spectra[0].time.tolist() == [0, 5]
    assert "may stand first" in str(refused(tmp_path, midnight.replace("30.11.", "10/12/").replace("01.12.", "11/12/")))


def test_cary_scans_on_other_grids_stay_apart(tmp_path: Path) -> None:
    text = CARY.replace("401.0,0.20", "402.0,0.20")
    assert [s.wavelength.tolist() for s in read(tmp_path, text).spectra] == [[400, 401], [400, 402]]


def test_cary_kinetics_are_series(tmp_path: Path) -> None:
    text = "371.0 nm,,399.0 nm,,\nTime (sec),Abs,Time (sec),Abs,\n0.0,0.1,0.5,0.2,\n60.0,0.3,60.5,0.4,\n\n"
    found = read(tmp_path, text).series
    assert [(s.reading, s.time.tolist(), s.observed.tolist()) for s in found] == [
        ("od371", [0, 1], [0.1, 0.3]), ("od399", [0.5 / 60, 60.5 / 60], [0.2, 0.4]),
    ]  # fmt: skip


def test_cary_with_decimal_commas_and_transmittance(tmp_path: Path) -> None:
    text = "5 min;;\nWavelength (nm);%T;\n400,0;10,0;\n401,0;1,0;\n\n"
    assert read(tmp_path, text).spectra[0].absorbance == pytest.approx(np.array([[1.0, 2.0]]))


def test_a_bad_cell_of_cary_is_named(tmp_path: Path) -> None:
    assert place(refused(tmp_path, CARY.replace("0.40", "0.4O"))) == [(4, 18, "0.4O")]


# --- Ocean Optics -----------------------------------------------------------------------------------------


def test_ocean_optics_is_one_spectrum(tmp_path: Path) -> None:
    (spectra,) = read(tmp_path, OCEAN, "run.txt", selects={"time": "2 min"}).spectra
    assert (spectra.time.tolist(), spectra.wavelength.tolist(), spectra.absorbance.tolist()) == (
        [2], [400.5, 401], [[0.1, -0.2]],
    )  # fmt: skip


def test_a_strip_of_ocean_optics_is_a_series_of_spectra(tmp_path: Path) -> None:
    body = "\t\t400.5\t401.0\n2019-11-25 15:14:00.5\t1574694840500\t1\t2\n2019-11-25 15:15:00.5\t1574694900500\t3\t4\n"
    (spectra,) = read(tmp_path, OCEAN.split("400.5")[0] + body, "run.txt").spectra
    assert (spectra.time.tolist(), spectra.absorbance.tolist()) == ([0, 1], [[1, 2], [3, 4]])


def test_a_bad_cell_of_ocean_optics_is_named(tmp_path: Path) -> None:
    assert place(refused(tmp_path, OCEAN.replace("-0.2", "x"), "run.txt")) == [(6, 7, "x")]


# --- JCAMP-DX ---------------------------------------------------------------------------------------------

#: One spectrum in every form of the standard.
FORMS = {
    "AFFN": "400 1 2 3 3 2 1 0 -1 -2 -3",
    "PAC": "400+1+2+3+3+2+1+0-1-2-3",
    "SQZ": "400ABCCBA@abc",
    "DIF": "400AJJ%jjjjjj",
    "DIF and DUP": "400AJJ%jX",
    "SQZ and DUP": "400ABCTBA@abc",
    "DIF over two lines": "400AJJ%j\n404Bjjjjj",
    "AFFN over two lines": "400 1 2 3 3 2\n405 1 0 -1 -2 -3",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_jcamp_is_the_same_spectrum(tmp_path: Path, form: str) -> None:
    (spectra,) = read(tmp_path, jcamp(FORMS[form]), "a.jdx").spectra
    assert spectra.wavelength.tolist() == list(range(400, 410))
    assert (2 * spectra.absorbance[0]).tolist() == [1, 2, 3, 3, 2, 1, 0, -1, -2, -3]


def test_xypoints_of_jcamp(tmp_path: Path) -> None:
    lines = "##XYPOINTS=(XY..XY)\n400,1; 402.5,2\n409,3"
    (spectra,) = read(tmp_path, jcamp(lines, points=3), "a.dx").spectra
    assert (spectra.wavelength.tolist(), spectra.absorbance.tolist()) == ([400, 402.5, 409], [[0.5, 1, 1.5]])


def test_wavenumbers_and_transmittance_become_nanometres_and_absorbance(tmp_path: Path) -> None:
    lines = "20000 10 1"
    text = jcamp(lines, 20000, 25000, 2, XUNITS="1/CM", YUNITS="% TRANSMITTANCE", YFACTOR="1")
    (spectra,) = read(tmp_path, text, "a.jdx").spectra
    assert spectra.wavelength.tolist() == [400, 500]
    assert spectra.absorbance[0] == pytest.approx([2, 1])


def test_blocks_of_jcamp_are_timed_by_their_clocks(tmp_path: Path) -> None:
    one = jcamp(FORMS["DIF"], LONGDATE="2019/11/25 10:00:00")
    other = jcamp(FORMS["SQZ"], LONGDATE="2019/11/25 10:02:30")
    text = f"##TITLE=both\n##DATA TYPE=LINK\n##BLOCKS=2\n{one}{other}##END=\n"
    (spectra,) = read(tmp_path, text, "a.jdx").spectra
    assert spectra.time.tolist() == [0, 2.5]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (jcamp("400AJJ%j\n404Cjjjjjj"), "the check failed"),
        (jcamp("400AJJ%j\n407Bjjjjjj"), "a line may be missing"),
        (jcamp("400 1 2 3"), "3 points"),
        (jcamp("400 1 2 &"), "cannot be decoded"),
        (jcamp("400J1"), "no value before"),
        (jcamp(FORMS["AFFN"], XUNITS="SECONDS"), "no unit of wavelength"),
        (jcamp(FORMS["AFFN"], YUNITS="COUNTS"), "neither absorbance"),
        (jcamp("##NTUPLES=x"), "is not read"),
        (jcamp(FORMS["AFFN"])[:-8], "cut off"),
        ("##TITLE=x\n##END=\n", "no spectrum"),
    ],
)
def test_damaged_jcamp_is_refused(tmp_path: Path, text: str, part: str) -> None:
    assert part in str(refused(tmp_path, text, "a.jdx"))


# --- properties -------------------------------------------------------------------------------------------


def squeezed(number: int, zero: str, up: str, down: str) -> str:
    digits = str(abs(number))
    first = zero if number == 0 else (up if number > 0 else down)[int(digits[0]) - 1]
    return first + digits[1:]


@settings(max_examples=60)
@given(st.lists(st.integers(-99999, 99999), min_size=2, max_size=60), st.integers(2, 9))
def test_differences_come_back(tmp_path_factory, values: list[int], width: int) -> None:  # type: ignore[no-untyped-def]
    lines, start = [], 0
    while start < len(values) - 1:
        part = values[start : start + width]
        steps = [squeezed(b - a, "%", "JKLMNOPQR", "jklmnopqr") for a, b in pairwise(part)]
        lines.append(f"{400 + start}{squeezed(part[0], '@', 'ABCDEFGHI', 'abcdefghi')}{''.join(steps)}")
        start += width - 1
    text = jcamp("\n".join(lines), 400, 400 + len(values) - 1, len(values), YFACTOR="1")
    (spectra,) = read(tmp_path_factory.mktemp("data"), text, "a.jdx").spectra
    assert spectra.absorbance[0].tolist() == values


@settings(max_examples=40)
@given(
    st.sampled_from([CARY, OCEAN, jcamp(FORMS["DIF over two lines"])]),
    st.integers(1, 400),
    st.sampled_from(["", "x", "9", ",", "\n", "##", "é"]),
)
def test_half_a_file_or_a_damaged_one_gives_no_traceback(tmp_path_factory, text, at, other) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("data")
    for damaged in (text[:at], text[:at] + other + text[at + len(other) :]):
        with contextlib.suppress(MechanismError):
            read(folder, damaged.encode("utf-8", "replace").decode(), "a.txt")
