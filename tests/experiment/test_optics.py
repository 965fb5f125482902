"""Beer–Lambert and the instrument, against closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mscnet
from mscnet.diagnostics import MechanismError
from mscnet.experiment.optics import Optics
from mscnet.mechanism.expression import Symbol
from mscnet.records import replace
from tests.experiment.optical import TEXT, one_band, peak, with_bands

GRID = np.arange(350.0, 450.5, 0.5)
SIGMA = 1 / np.sqrt(8 * np.log(2))


def gaussian(x, center, fwhm):
    return np.exp(-4 * np.log(2) * ((x - center) / fwhm) ** 2)


def states(*concentrations):
    """Rows of A in mM; of B there is none."""
    return np.array([[c, 0.0] for c in concentrations])


# --- Beer–Lambert -----------------------------------------------------------------------------------


def test_absorbance_is_epsilon_times_concentration_times_path():
    # 1000 /M/cm × 0.5 mM × 2 cm
    assert one_band(peak()).absorbance(states(0.5), [400.0], path_cm=2.0)[0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("volume", ["L", "mL", "uL", "m^3"])
def test_the_unit_of_volume_changes_nothing(volume):
    text = TEXT.replace("volume = mL", f"volume = {volume}") if volume != "m^3" else TEXT.replace(", volume = mL", "")
    optics = Optics.of(with_bands({"A": [peak()]}, {"path": "1 mm"}, text=text))
    assert optics.absorbance(states(2.0), [400.0, 410.0])[0] == pytest.approx([0.2, 0.1])


@given(st.lists(st.floats(0, 10), min_size=2, max_size=2), st.floats(0.01, 10))
def test_absorbance_is_linear(concentrations, path):
    optics = one_band(peak(), ("tail", {"onset": "390 nm", "fraction": 0.5}))
    one, two, both = (optics.absorbance(states(c), GRID, path) for c in (*concentrations, sum(concentrations)))
    assert np.abs(one + two - both).max() <= 1e-12 * max(1.0, np.abs(both).max())


def test_bands_of_several_species_add():
    optics = Optics.of(with_bands({"A": [peak()], "B": [peak("410 nm", "20 nm", "500 /M/cm")]}))
    seen = optics.absorbance(np.array([[1.0, 2.0]]), [400.0])
    assert seen[0, 0] == pytest.approx(1.0 + 2.0 * 0.5 * 0.5)


def test_one_state_is_one_spectrum():
    assert one_band(peak()).absorbance(np.array([1.0, 0.0]), GRID).shape == (1, GRID.size)


def test_without_bands_there_is_the_baseline_alone():
    optics = Optics.of(with_bands({}, {"baseline": 0.02}))
    assert optics.absorbance(states(1.0, 2.0), [400.0, 500.0]) == pytest.approx(np.full((2, 2), 0.02))


def test_a_band_of_a_species_of_another_pathway_adds_nothing():
    text = TEXT + "pathway one { A -> C @ 1 }\npathway two { A -> D @ 1 }\n"
    mechanism = with_bands({"C": [peak()], "D": [peak()]}, text=text).with_pathway("one")
    alone = with_bands({"C": [peak()]}, text=text).with_pathway("one")
    run, same = (mscnet.simulate(m, 3.0, points=4) for m in (mechanism, alone))
    seen = Optics.of(mechanism).absorbance(run.values, [400.0])
    assert seen == pytest.approx(Optics.of(alone).absorbance(same.values, [400.0]), rel=1e-6)


# --- units of settings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("center", "fwhm"),
    [("3.1 eV", "0.2 eV"), ("25003.1862 cm^-1", "1613.108787 cm^-1"), ("299.1045296 kJ/mol", "19.29706642 kJ/mol")],
)
def test_energies_in_any_unit_give_the_same_band(center, fwhm):
    center_ev = 1239.841984332 / GRID
    expected = gaussian(center_ev, 3.1, 0.2)
    assert one_band(peak(center, fwhm)).absorptivity(GRID)[0] == pytest.approx(expected, rel=1e-5)


def test_a_center_in_nm_with_a_width_in_energy_is_symmetric_in_energy():
    expected = gaussian(1239.841984332 / GRID, 1239.841984332 / 400, 0.2)
    assert one_band(peak("400 nm", "0.2 eV")).absorptivity(GRID)[0] == pytest.approx(expected, rel=1e-9)


def test_a_tail_is_a_fraction_of_the_highest_peak():
    tail = ("tail", {"onset": "390 nm", "fraction": 0.5, "width": "2 nm"})
    optics = one_band(peak("400 nm", "1 nm"), peak("600 nm", "1 nm", "4000 /M/cm"), tail)
    assert optics.absorptivity([350.0])[0, 0] == pytest.approx(2.0)  # per mM and cm


def test_a_tail_without_a_width_is_as_wide_as_the_peak():
    given_width = one_band(peak(), ("tail", {"onset": "390 nm", "fraction": 0.5, "width": "20 nm"}))
    without = one_band(peak(), ("tail", {"onset": "390 nm", "fraction": 0.5}))
    assert (without.absorptivity(GRID) == given_width.absorptivity(GRID)).all()


# --- values --------------------------------------------------------------------------------------------


def with_parameter(value="1000 /M/cm"):
    text = TEXT + f"parameter e = {value} ; parameter other = 1 ; eps = 2*e\n"
    return with_bands({"A": [peak(epsilon=Symbol("eps", "definition"))]}, text=text)


def test_a_setting_follows_parameters_through_derived_values():
    optics = Optics.of(with_parameter(), {"e": 3.0})
    assert optics.absorptivity([400.0])[0, 0] == pytest.approx(6.0)


def test_a_derived_value_can_be_given_itself():
    assert Optics.of(with_parameter(), {"eps": 5.0}).absorptivity([400.0])[0, 0] == pytest.approx(5.0)


def test_the_same_values_give_the_same_optics_again():
    mechanism = with_parameter()
    assert Optics.of(mechanism, {"e": 3.0, "other": 1.0}) is Optics.of(mechanism, {"e": 3.0, "other": 2.0})


def test_values_of_before_are_not_kept_for_others():
    mechanism = with_parameter()
    heights = [Optics.of(mechanism, {"e": e}).absorptivity([400.0])[0, 0] for e in (1.0, 2.0, 1.0)]
    assert heights == pytest.approx([2.0, 4.0, 2.0])


def test_a_parameter_without_a_value_is_named():
    text = TEXT + "parameter e\n"
    mechanism = with_bands({"A": [peak(epsilon=Symbol("e", "parameter"))]}, text=text)
    with pytest.raises(MechanismError, match=r"E040.*`epsilon` of the band of A has no value: e"):
        Optics.of(mechanism)


def test_a_setting_that_follows_a_concentration_is_refused():
    mechanism = with_bands({"A": [peak(epsilon=Symbol("B", "species"))]})
    with pytest.raises(MechanismError, match="E040"):
        Optics.of(mechanism)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fwhm": "0 nm"}, "`fwhm` of the band of A must be above 0"),
        ({"center": "-400 nm"}, "`center` of the band of A must be above 0"),
        ({"center": "400 s", "fwhm": 1}, "`center` of the band of A is neither a wavelength nor an energy"),
        ({"fwhm": "20 mM"}, "`fwhm` of the band of A is neither a wavelength nor an energy"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(MechanismError, match=message):
        one_band(peak(**settings))


def test_a_tail_without_a_peak_is_refused():
    with pytest.raises(MechanismError, match="a tail is a fraction of a peak"):
        one_band(("tail", {"onset": "390 nm", "fraction": 0.5, "width": "2 nm"}))


@pytest.mark.parametrize("wavelength", [0.0, -400.0, np.nan, np.inf])
def test_a_wavelength_that_is_none_is_refused(wavelength):
    with pytest.raises(ValueError, match="above 0"):
        one_band(peak()).absorbance(states(1.0), [400.0, wavelength])


# --- the instrument --------------------------------------------------------------------------------------


def test_scatter_is_a_plus_b_over_lambda_to_the_n():
    optics = Optics.of(with_bands({}, {"baseline": 0.01, "scatter": 0.3, "power": 2, "reference": "400 nm"}))
    assert optics.absorbance(states(1.0), [400.0, 800.0])[0] == pytest.approx([0.31, 0.01 + 0.3 / 4])


def test_baselines_at_wavelengths_run_straight_between_and_level_beyond():
    optics = Optics.of(with_bands({}, baselines=[("399 nm", 0.02), ("371 nm", 0.04)]))
    seen = optics.absorbance(states(0.0), [300.0, 371.0, 385.0, 399.0, 500.0])[0]
    assert seen == pytest.approx([0.04, 0.04, 0.03, 0.02, 0.02])


def test_one_baseline_for_all_and_one_for_a_wavelength_contradict():
    with pytest.raises(MechanismError, match="`baseline` of the instrument has both"):
        Optics.of(with_bands({}, {"baseline": 0.01}, baselines=[("371 nm", 0.04)]))


def test_a_shift_moves_bands_to_the_red():
    shifted, true = one_band(peak(), shift="3 nm"), one_band(peak("403 nm"))
    assert shifted.absorbance(states(1.0), GRID) == pytest.approx(true.absorbance(states(1.0), GRID))


@given(part=st.floats(1e-6, 0.1), concentration=st.floats(0, 20))
def test_stray_light_bends_the_law_as_its_formula_says(part, concentration):
    shown = one_band(peak(), stray=part).absorbance(states(concentration), [400.0])[0, 0]
    expected = -np.log10((10**-concentration + part) / (1 + part))
    assert shown == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_stray_light_leaves_no_absorbance_as_it_is():
    assert one_band(peak(), stray=0.01).absorbance(states(0.0), GRID) == pytest.approx(np.zeros((1, GRID.size)))


def test_a_detector_shows_no_more_than_its_scale():
    shown = one_band(peak(), saturation=1.5).absorbance(states(1.0, 1.5, 3.0), [400.0])
    assert shown[:, 0] == pytest.approx([1.0, 1.5, 1.5])


@pytest.mark.parametrize("slit", [2.0, 5.0, 20.0])
def test_a_gaussian_through_a_gaussian_slit_is_a_wider_gaussian(slit):
    # of a weak absorbance, where light and absorbance are linear in each other
    optics = one_band(peak(), resolution=f"{slit} nm")
    wider = np.hypot(20.0, slit)
    shown = optics.absorbance(states(1e-7), GRID)[0] / 1e-7
    assert shown == pytest.approx(20.0 / wider * gaussian(GRID, 400.0, wider), rel=1e-4, abs=1e-5)


def test_a_slit_weighs_light_not_absorbance():
    # a sharp edge from an absorbance of 2 to none lies an eighth of a standard deviation from the middle of the slit
    edge = ("tail", {"onset": "400 nm", "fraction": 1, "width": "0.001 nm"})
    optics = one_band(peak("100 nm", "1 nm"), edge, resolution="10 nm")
    clear = (1 + math.erf(0.125 / math.sqrt(2))) / 2
    seen = optics.absorbance(states(2.0), [400.0 + 0.125 * 10 * SIGMA])[0, 0]
    assert seen == pytest.approx(-math.log10(clear + 0.01 * (1 - clear)), abs=1e-3)


def test_a_slit_does_not_change_absorptivities():
    assert one_band(peak(), resolution="5 nm").absorptivity(GRID) == pytest.approx(one_band(peak()).absorptivity(GRID))


def test_a_level_absorbance_passes_a_slit_unchanged():
    optics = Optics.of(with_bands({}, {"baseline": 0.7, "resolution": "5 nm"}))
    assert optics.absorbance(states(1.0), [400.0])[0, 0] == pytest.approx(0.7, rel=1e-14)


def test_the_instrument_has_its_noise_and_its_time_zero():
    seen = Optics.of(with_bands({}, {"noise": 0.004, "time_zero": "30 s"})).spectrometer
    assert (seen.noise, seen.time_zero) == (0.004, 0.5)


@pytest.mark.parametrize("setting", [{"path": "0 cm"}, {"noise": -1}, {"resolution": "-1 nm"}, {"stray": -0.1}])
def test_an_instrument_that_makes_no_sense_is_refused(setting):
    with pytest.raises(MechanismError, match="E041"):
        Optics.of(with_bands({}, setting))


# --- spectra from files ----------------------------------------------------------------------------------


def measured(folder, text, **settings):
    """The optics of A with the spectrum in a file."""
    (folder / "eps.csv").write_text(text, encoding="utf-8")
    (folder / "a.mech").write_text(TEXT, encoding="utf-8")
    bands = with_bands({"A": [("spectrum", {"path": "eps.csv", **settings})]})
    return Optics.of(replace(bands, source=mscnet.load(folder / "a.mech").source))


def test_a_measured_spectrum_is_scaled_to_its_epsilon(tmp_path):
    optics = measured(tmp_path, "nm,A\n350,0\n400,2\n450,0\n", epsilon="1000 /M/cm")
    assert optics.absorptivity([400.0, 425.0])[0] == pytest.approx([1.0, 0.5])


def test_a_measured_spectrum_without_epsilon_is_in_the_files_units(tmp_path):
    assert measured(tmp_path, "350;0\n400;2\n450;0\n").absorptivity([375.0])[0, 0] == pytest.approx(1.0)


def test_a_measured_spectrum_that_has_fallen_off_may_end(tmp_path):
    optics = measured(tmp_path, "# blank\n350 0\n\n400 2\n450 0\n")
    assert optics.absorptivity([300.0, 600.0])[0] == pytest.approx([0.0, 0.0])


def test_a_measured_spectrum_is_not_guessed_beyond_its_ends(tmp_path):
    with pytest.raises(MechanismError, match="covers 350 to 450 nm; it is asked for at 340 nm"):
        measured(tmp_path, "350,1\n400,2\n450,0\n").absorptivity([340.0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nm,A\n350,0\n400,x\n", "this row is not a wavelength and a value"),
        ("350,0\n", "1 rows"),
        ("", "0 rows"),
        ("350,0\n350,1\n", "two values at 350 nm"),
        ("350,nan\n360,1\n", "finite"),
        ("-350,1\n360,1\n", "above 0"),
    ],
)
def test_a_file_that_is_no_spectrum_is_refused(tmp_path, text, message):
    with pytest.raises(MechanismError, match=message):
        measured(tmp_path, text)


def test_a_bad_row_is_shown_with_its_line(tmp_path):
    with pytest.raises(MechanismError, match=r"eps.csv:3:1"):
        measured(tmp_path, "nm,A\n350,0\n400,x\n")


@pytest.mark.parametrize("path", ["../eps.csv", "/etc/passwd", "missing.csv", ".", "a\0b"])
def test_a_path_that_leads_out_or_nowhere_is_refused(tmp_path, path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path.parent / "eps.csv").write_text("350,0\n360,1\n")
    with pytest.raises(MechanismError, match="E130"):
        one_band(("spectrum", {"path": path}))
