"""Tables of measured values: their forms, how they are written, and what is refused."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mscnet
from mscnet import MechanismError, Observations
from tests.experiment.bench_builder import bench, written


def read(folder: Path, text: str, name: str = "data.csv", encoding: str = "utf-8", **settings: Any) -> Observations:
    (found,) = mscnet.observations(bench(name, **settings), written(folder, text, name, encoding))
    return found


def refused(folder: Path, text: str, name: str = "data.csv", **settings: Any) -> MechanismError:
    with pytest.raises(MechanismError) as caught:
        read(folder, text, name, **settings)
    return caught.value


def place(error: MechanismError) -> list[tuple[int, int, str]]:
    return [(d.span.line, d.span.column, d.span.text) for d in error.diagnostics if d.span is not None]


# --- headers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "minutes"),
    [("time", 2.0), ("time (min)", 2.0), ("time / min", 2.0), ("Time/h", 120.0), ("t [s]", 2 / 60), ("time_s", 2 / 60)],
)
def test_the_unit_of_time_stands_in_the_header(tmp_path: Path, header: str, minutes: float) -> None:
    series = read(tmp_path, f"{header},od371\n2,0.5\n").series[0]
    assert series.time == pytest.approx([minutes])


@pytest.mark.parametrize(
    "header", ["371", "371 nm", "A371", "OD371", "Abs 371 nm", "A(371)", "Absorbance (371 nm)", "371.0"]
)
def test_a_wavelength_finds_its_reading(tmp_path: Path, header: str) -> None:
    series = read(tmp_path, f"time,{header}\n0,0.5\n").series[0]
    assert (series.reading, series.wavelength) == ("od371", pytest.approx(371.0))


def test_a_wavelength_without_a_reading_keeps_its_own_name(tmp_path: Path) -> None:
    series = read(tmp_path, "time,A412\n0,0.5\n").series[0]
    assert (series.reading, series.wavelength) == ("A412", 412.0)


@pytest.mark.parametrize("header", ["v (uL)", "v / uL", "v_uL", "V [uL]"])
def test_a_loop_variable_is_a_column(tmp_path: Path, header: str) -> None:
    found = read(tmp_path, f"{header},time,od371\n15,0,0.1\n30,0,0.2\n").series
    assert [dict(s.values) for s in found] == [pytest.approx({"v": 0.015}), pytest.approx({"v": 0.030})]


def test_a_loop_variable_is_fixed_for_the_file(tmp_path: Path) -> None:
    series = read(tmp_path, "time,od371\n0,0.1\n", selects={"v": "15 uL"}).series[0]
    assert dict(series.values) == pytest.approx({"v": 0.015})


def test_a_column_is_mapped_with_the_unit_that_its_header_shows(tmp_path: Path) -> None:
    text = "aliquot_uL,elapsed (h),Peak (blue)\n15,1,0.5\n"
    columns = {"aliquot_uL": "v", "elapsed": "time", "Peak (blue)": "od371"}
    series = read(tmp_path, text, columns=columns).series[0]
    assert (series.reading, *series.time, series.values["v"]) == ("od371", 60.0, pytest.approx(0.015))


def test_milli_absorbance_is_a_thousandth(tmp_path: Path) -> None:
    assert read(tmp_path, "time,od371 (mAU)\n0,250\n").series[0].observed == pytest.approx([0.25])


def test_a_concentration_comes_in_the_unit_of_the_file(tmp_path: Path) -> None:
    series = read(tmp_path, "time,a (uM)\n0,250\n", readings={"a": None}).series[0]
    assert (series.observed[0], series.unit) == (pytest.approx(0.25), "mM")


@pytest.mark.parametrize("header", ["od371_err", "od371_sd", "od371 ±", "± od371", "±", "sd", "error", "od371 error"])
def test_an_error_column_belongs_to_its_values(tmp_path: Path, header: str) -> None:
    series = read(tmp_path, f"time,od371,{header}\n0,0.5,0.02\n5,0.5,\n").series[0]
    np.testing.assert_array_equal(series.error, [0.02, np.nan])


def test_the_error_of_the_file_stands_in_where_a_value_has_none(tmp_path: Path) -> None:
    series = read(tmp_path, "time,od371,od371_err\n0,0.5,0.02\n5,0.5,\n", error="0.01").series[0]
    assert series.error.tolist() == [0.02, 0.01]


def test_replicates_are_columns(tmp_path: Path) -> None:
    series = read(tmp_path, "time,od371_1,od371_2,od371_2_sd\n0,1,2,0.1\n").series[0]
    assert (series.observed.tolist(), series.replicate.tolist()) == ([1, 2], [1, 2])
    np.testing.assert_array_equal(series.error, [np.nan, 0.1])


def test_replicates_are_repeated_rows(tmp_path: Path) -> None:
    series = read(tmp_path, "time,od371\n0,1\n5,3\n0,2\n5,4\n").series[0]
    assert list(zip(series.time, series.replicate, series.observed, strict=True)) == [
        (0, 1, 1), (0, 2, 2), (5, 1, 3), (5, 2, 4),
    ]  # fmt: skip


def test_replicates_are_numbered_by_a_column(tmp_path: Path) -> None:
    series = read(tmp_path, "time,replicate,od371\n0,3,1\n0,1,2\n").series[0]
    assert list(zip(series.replicate, series.observed, strict=True)) == [(1, 2), (3, 1)]


@pytest.mark.parametrize("missing", ["", "NA", "nan", "n/a", "-", "NULL"])
def test_missing_values_are_kept_as_such(tmp_path: Path, missing: str) -> None:
    series = read(tmp_path, f"time,od371,od399\n0,{missing},0.2\n").series
    np.testing.assert_array_equal([s.observed[0] for s in series], [np.nan, 0.2])


def test_columns_that_are_left_out_are_listed(tmp_path: Path) -> None:
    assert read(tmp_path, "time,od371,room,remark\n0,1,21,good\n").ignored == ("room", "remark")


# --- how a table is written --------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    series = read(tmp_path, "time (min),v (µL),od371,±\n0,15,0.5,0.1\n", encoding=encoding).series[0]
    assert (series.values["v"], series.error[0]) == (pytest.approx(0.015), 0.1)


@pytest.mark.parametrize("sign", [",", ";", "\t", "  "])
def test_delimiters(tmp_path: Path, sign: str) -> None:
    text = sign.join(["time", "od371"]) + "\n" + sign.join(["0", "0.25"]) + "\n" + sign.join(["5", "1e-3"]) + "\n"
    assert read(tmp_path, text).series[0].observed.tolist() == [0.25, 1e-3]


@pytest.mark.parametrize("sign", [";", "\t"])
def test_decimal_commas(tmp_path: Path, sign: str) -> None:
    text = f"time{sign}od371\n0{sign}1\n2,5{sign}0,25\n"
    series = read(tmp_path, text).series[0]
    assert (series.time.tolist(), series.observed.tolist()) == ([0, 2.5], [1, 0.25])


def test_comments_blank_lines_quotes_and_what_spreadsheets_leave(tmp_path: Path) -> None:
    text = '\ufeff# made by hand\r\n"time (min)","od371",,\r\n\r\n# later\r\n0,"0.5",,\r\n,,,\r\n'
    assert read(tmp_path, text).series[0].observed.tolist() == [0.5]


def test_a_header_in_the_last_comment(tmp_path: Path) -> None:
    assert read(tmp_path, "# time od371\n0 0.5\n").series[0].observed.tolist() == [0.5]


# --- other forms -------------------------------------------------------------------------------------------


def test_the_long_form(tmp_path: Path) -> None:
    text = "v (uL),time,reading,value,error\n15,0,od371,1,0.1\n15,0,od399,2,\n30,0,od371,3,0.1\n"
    found = read(tmp_path, text).series
    shown = [(s.reading, round(s.values["v"], 9), s.observed.tolist()) for s in found]
    assert shown == [("od371", 0.015, [1]), ("od399", 0.015, [2]), ("od371", 0.03, [3])]


def test_wavelengths_as_columns_are_spectra(tmp_path: Path) -> None:
    (spectra,) = read(tmp_path, "time,400 nm,399,398.5\n5,1,2,3\n0,4,5,6\n", readings={"scan": "spectrum"}).spectra
    assert (spectra.reading, spectra.time.tolist(), spectra.wavelength.tolist()) == ("scan", [0, 5], [398.5, 399, 400])
    assert spectra.absorbance.tolist() == [[6, 5, 4], [3, 2, 1]]


def test_spectra_as_columns_headed_by_times(tmp_path: Path) -> None:
    (spectra,) = read(tmp_path, "wavelength (nm),0 min,300 s,1 h\n400,1,2,3\n399,4,5,6\n").spectra
    assert (spectra.time.tolist(), spectra.absorbance.tolist()) == ([0, 5, 60], [[4, 1], [5, 2], [6, 3]])


def test_a_single_spectrum(tmp_path: Path) -> None:
    (spectra,) = read(tmp_path, "wavelength,absorbance\n400,1\n401,2\n", selects={"time": "1 h"}).spectra
    assert (spectra.time.tolist(), spectra.absorbance.tolist()) == ([60], [[1, 2]])


def test_a_row_for_each_time_and_wavelength(tmp_path: Path) -> None:
    (spectra,) = read(tmp_path, "time,wavelength,absorbance\n0,400,1\n0,401,2\n5,401,4\n5,400,3\n").spectra
    assert spectra.absorbance.tolist() == [[1, 2], [3, 4]]


def test_numbers_of_conditions_as_in_the_founding_case(tmp_path: Path) -> None:
    text = (
        "dispersion,aliquot_uL,incubation_min,OD371_max,t_OD371_max_min,OD371_max_sd\n"
        "a,15,1,0.23,15,0.01\nb,30,1,0.4,10,0.01\n"
    )
    found = read(tmp_path, text, columns={"aliquot_uL": "v"})
    peak = [n for n in found.numbers if n.name == "OD371_max"]
    assert [(n.values["v"], n.observed, n.error, n.labels["dispersion"]) for n in peak] == [
        (pytest.approx(0.015), 0.23, 0.01, "a"), (pytest.approx(0.03), 0.4, 0.01, "b"),
    ]  # fmt: skip
    # `_min` may be a minimum: where no time is meant, the name stays whole
    assert {n.name for n in found.numbers} == {"incubation_min", "OD371_max", "t_OD371_max_min"}


def test_the_file_of_the_founding_case_holds_its_twenty_numbers(conformance: Path) -> None:
    (found,) = mscnet.observations(bench("fig4.csv", columns={"aliquot_uL": "v"}), conformance / "cdtese")
    facts = [n for n in found.numbers if n.name.startswith(("OD", "t_OD"))]
    assert len(facts) == 20
    assert {round(n.values["v"], 9) for n in facts} == {0.015, 0.030, 0.045, 0.060}


# --- what is refused ---------------------------------------------------------------------------------------


def test_every_bad_cell_is_named_with_line_and_column(tmp_path: Path) -> None:
    error = refused(tmp_path, "# note\ntime,od371,od399\n0,0.1,0.2\n5,abc,0.2\n9,0.1,1_0\n12,x,y\n")
    assert place(error) == [(4, 3, "abc"), (5, 7, "1_0"), (6, 4, "x"), (6, 6, "y")]


def test_infinite_values_are_named(tmp_path: Path) -> None:
    assert place(refused(tmp_path, "time,od371,od399\n0,0.1,-inf\n5,1e999,0.2\n")) == [(2, 7, "-inf"), (3, 3, "1e999")]


def test_rows_of_another_length_are_named(tmp_path: Path) -> None:
    error = refused(tmp_path, "time,od371,od399\n0,0.1\n5,0.1,0.2,0.3\n")
    assert [line for line, _, _ in place(error)] == [2, 3]


def test_decimal_commas_between_commas_are_no_columns(tmp_path: Path) -> None:
    assert "decimal" in str(refused(tmp_path, "time,od371\n0,5,0,25\n"))


def test_marks_of_thousands_are_no_numbers(tmp_path: Path) -> None:
    assert place(refused(tmp_path, "time;od371\n0;0.5\n1,000;0.5\n")) == [(3, 1, "1,000")]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "holds no table"),
        ("time,od371\n", "no rows"),
        ("0,0.1\n5,0.2\n", "no names"),
        ("time,,od371\n0,1,2\n", "has no name"),
        ("time,od37l\n0,0.1\n", "did you mean `od371`"),
        ("time (furlong),od371\n0,1\n", "unknown unit `furlong`"),
        ("time (uL),od371\n0,1\n", "no unit of `time`"),
        ("v (min),time,od371\n0,1,1\n", "no unit of `v`"),
        ("time,t,od371\n0,1,1\n", "two columns are the time"),
        ("time,od371\n,0.1\n", "without its `time`"),
        ("od371\n0.1\n", "no column holds times"),
        ("time,od371,sd\n0,0.1,-1\n", "above 0"),
        ("time,reading,value\n0,od37,1\n", "no reading `od37`"),
        ("time,replicate,od371\n0,1.5,1\n", "numbered"),
        ('time,od371\n0,"0.1\n5,0.2\n', "cannot be read"),
        ("time,od371\n0,\x00\n", "binary"),
    ],
)
def test_what_cannot_be_understood_is_said(tmp_path: Path, text: str, part: str) -> None:
    assert part in str(refused(tmp_path, text))


@pytest.mark.parametrize("path", ["../data.csv", "/etc/passwd", "", "a\0b", "folder", "none.csv", "link.csv"])
def test_no_file_outside_the_folder_is_read(tmp_path: Path, path: str) -> None:
    inner = tmp_path / "inner"
    (inner / "folder").mkdir(parents=True)
    written(tmp_path, "time,od371\n0,1\n")
    (inner / "link.csv").symlink_to(tmp_path / "data.csv")
    with pytest.raises(MechanismError):
        mscnet.observations(bench(path), inner)


def test_data_stand_beside_the_file_of_the_mechanism(tmp_path: Path) -> None:
    from mscnet.records import replace

    (tmp_path / "m.mech").write_text("A -> B @ 1 /s\n")
    written(tmp_path, "time,od371\n0,1\n")
    mechanism = replace(bench("data.csv"), source=mscnet.load(tmp_path / "m.mech").source)
    assert mscnet.observations(mechanism)[0].count == 1


def test_a_mechanism_without_a_folder_has_no_data() -> None:
    with pytest.raises(MechanismError, match="no folder"):
        mscnet.observations(bench("data.csv"))


@pytest.mark.parametrize("given_as", [{"columns": {"x": "od400"}}, {"selects": {"w": "1 uL"}}, {"format": "xls"}])
def test_settings_that_mean_nothing_are_refused(tmp_path: Path, given_as: dict[str, Any]) -> None:
    refused(tmp_path, "time,od371\n0,1\n", **given_as)


# --- properties --------------------------------------------------------------------------------------------

finite = st.floats(-1e6, 1e6)
cells = st.one_of(finite.map(repr), st.sampled_from(["", "NA", "abc", "1,5", '"', "1e3", "inf", "time", "#", "٣"]))


@settings(max_examples=40)
@given(
    st.lists(st.tuples(finite, st.one_of(st.none(), finite)), min_size=1, max_size=20),
    st.sampled_from([(",", "."), (";", "."), ("\t", "."), (";", ","), ("\t", ",")]),
)
def test_numbers_come_back_to_the_last_bit(tmp_path_factory, rows, form) -> None:  # type: ignore[no-untyped-def]
    sign, decimal = form
    shown = [[repr(t), "NA" if y is None else repr(y)] for t, y in rows]
    lines = [sign.join(cell.replace(".", decimal) for cell in row) for row in shown]
    folder = tmp_path_factory.mktemp("data")
    series = read(folder, "\n".join([sign.join(["time", "od371"]), *lines]) + "\n").series[0]
    wanted = sorted(((t, np.nan if y is None else y) for t, y in rows), key=lambda row: row[0])
    assert series.time.tolist() == [t for t, _ in wanted]
    np.testing.assert_array_equal(series.observed, [y for _, y in wanted])


@settings(max_examples=60)
@given(st.lists(st.lists(cells, max_size=4), max_size=6), st.sampled_from([",", ";", "\t", " "]))
def test_any_table_is_read_or_refused_with_a_reason(tmp_path_factory, rows, sign) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("data")
    with contextlib.suppress(MechanismError):
        read(folder, "time,od371,od399\n".replace(",", sign) + "\n".join(sign.join(row) for row in rows))


@settings(max_examples=30)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data: bytes) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("data")
    (folder / "data.csv").write_bytes(data)
    with contextlib.suppress(MechanismError):
        mscnet.observations(bench("data.csv"), folder)
