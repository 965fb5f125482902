"""Headers that are wavelengths: when they are a reading at one, and when a spectrum."""

from __future__ import annotations

from pathlib import Path

import pytest

import mscnet
from mscnet.experiment.observations import Observations
from tests.experiment.bench_builder import bench, written

READINGS = {"od": "371 nm", "s": "spectrum"}


def observed(folder: Path, header: str, row: str) -> Observations:
    mechanism = bench("data.csv", readings=READINGS, loop=())
    (data,) = mscnet.observations(mechanism, written(folder, f"time,{header}\n0,{row}\n"))
    return data


@pytest.mark.parametrize(
    ("header", "row", "values"),
    [
        ("OD371", "0.5", [0.5]),
        ("OD371 (mAU)", "500", [0.5]),
        ("A371 (AU)", "0.5", [0.5]),
        ("A371 [mAU]", "500", [0.5]),
        ("od (mAU)", "500", [0.5]),
        ("od_1,od_2,od_3", "0.5,0.6,0.7", [0.5, 0.6, 0.7]),
    ],
)
def test_one_wavelength_is_the_reading_there(tmp_path: Path, header: str, row: str, values: list[float]) -> None:
    data = observed(tmp_path, header, row)
    assert ([(s.reading, s.observed.tolist()) for s in data.series], data.spectra) == ([("od", values)], ())


def test_replicates_have_numbers(tmp_path: Path) -> None:
    assert observed(tmp_path, "od_1,od_2", "1,2").series[0].replicate.tolist() == [1, 2]


def test_six_wavelengths_are_a_spectrum_also_with_a_reading_at_one(tmp_path: Path) -> None:
    data = observed(tmp_path, "361,366,371,376,381,386", "1,2,3,4,5,6")
    assert ([s.reading for s in data.series], data.spectra[0].absorbance.tolist()) == ([], [[1, 2, 3, 4, 5, 6]])


def test_a_reading_stands_beside_a_spectrum(tmp_path: Path) -> None:
    data = observed(tmp_path, "od (mAU),361,366,371,376,381,386", "300,1,2,3,4,5,6")
    assert ([s.observed.tolist() for s in data.series], data.spectra[0].wavelength.size) == ([[0.3]], 6)


def test_few_wavelengths_without_a_reading_are_of_the_spectrum(tmp_path: Path) -> None:
    data = observed(tmp_path, "OD371,OD399", "0.5,0.6")
    assert ([s.observed.tolist() for s in data.series], data.spectra[0].absorbance.tolist()) == ([[0.5]], [[0.6]])


def test_a_match_and_its_parts_are_shown_in_a_line(tmp_path: Path) -> None:
    from tests.experiment.test_data_match import run_of

    mechanism = bench("data.csv")
    run = run_of(mechanism)
    found = mscnet.match(mscnet.observations(mechanism, written(tmp_path, "v (uL),time,od371\n15,0,1\n")), run)
    shown = [repr(item) for item in (run, run.conditions[0], found, found.series[0])]
    assert mechanism.experiments[0].name in shown[0]
    assert max(map(len, shown)) < 120


def test_a_spectrum_of_a_run_is_read_back_beside_a_reading(tmp_path: Path) -> None:
    data = observed(tmp_path, "od,s_361,s_371,s_381.5", "0.3,1,2,3")
    assert [(s.reading, s.observed.tolist()) for s in data.series] == [("od", [0.3])]
    assert (data.spectra[0].wavelength.tolist(), data.spectra[0].absorbance.tolist()) == (
        [361, 371, 381.5],
        [[1, 2, 3]],
    )


def test_a_column_of_a_spectrum_without_a_wavelength_is_no_reading(tmp_path: Path) -> None:
    data = observed(tmp_path, "od,s,s_2", "0.3,1,2")
    assert ([s.observed.tolist() for s in data.series], data.ignored) == ([[0.3]], ("s", "s_2"))
