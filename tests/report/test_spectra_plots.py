"""Figures of spectra over time: what is drawn, what it is called, and that it can be read."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import mscnet
from mscnet.experiment.results import Condition, Measured, Run, Series, Spectra
from mscnet.mechanism.bench import Experiment, Loop
from mscnet.mechanism.expression import Number
from mscnet.mechanism.quantity import parse_quantity
from mscnet.report.plots import save_figure, text_width
from mscnet.report.spectra import MOST_CONDITIONS, MOST_SPECTRA, chosen_spectra, plot_spectra, time_colours
from mscnet.report.spectra_canvas import TITLE_SIZE, Layout

GRID = np.arange(320.0, 481.0)
MECHANISM = mscnet.loads("units time = min, concentration = mM, volume = mL\nA -> B @ 0.05\n")


def spectra(times=None, height=1.0):
    times = np.linspace(0.0, 120.0, 49) if times is None else np.asarray(times, dtype=float)
    left = np.exp(-0.05 * times)[:, None]
    one, other = (np.exp(-4 * np.log(2) * ((GRID - c) / 20) ** 2) for c in (371, 399))
    return Spectra("uv", times, GRID, height * (left * one + (1 - left) * other))


def condition(volume=0.015, with_spectra=True, with_series=True):
    found = spectra(height=volume / 0.015)
    at = {"od371": 371.0, "od399": 399.0}
    series = {n: Series(n, found.time, found.absorbance[:, int(w - 320)], "", w) for n, w in at.items()}
    number, dimension = parse_quantity("15 uL", MECHANISM.units)
    experiment = Experiment("fig4", (), ("v",), (Loop("v", (Number(number, dimension),), unit="uL", unit_factor=1e-3),))
    measured = Measured(0.0, None, series if with_series else {}, {"uv": found} if with_spectra else {})
    return Condition(experiment, {"v": volume}, (measured,), (), ())


def run(*conditions):
    return Run(MECHANISM, conditions, {})


def curves(ax):
    return [line for line in ax.lines if len(line.get_xdata()) > 2]


def texts(figure):
    return [text for ax in figure.axes for text in ax.texts if text.get_text()]


def test_of_many_spectra_a_few_are_drawn():
    assert len(curves(plot_spectra(spectra()).axes[0])) == MOST_SPECTRA


def test_the_first_and_the_last_are_among_those_drawn():
    assert chosen_spectra(spectra()).time[[0, -1]].tolist() == [0.0, 120.0]


def test_spectra_nearest_to_given_times_are_drawn():
    assert chosen_spectra(spectra(), times=[1.0, 59.0, 500.0]).time.tolist() == [0.0, 60.0, 120.0]


def test_later_spectra_are_lighter():
    luminance = [float(np.dot(to_rgb(colour), [0.2126, 0.7152, 0.0722])) for colour in time_colours(10)]
    assert min(np.diff(luminance)) > 0


def test_the_lightest_spectrum_is_seen_on_white():
    assert float(np.dot(to_rgb(time_colours(10)[-1]), [0.2126, 0.7152, 0.0722])) < 0.8


def test_axes_say_quantity_and_unit():
    ax = plot_spectra(run(condition())).axes
    assert (ax[0].get_xlabel(), ax[0].get_ylabel()) == ("wavelength / nm", "absorbance")
    assert (ax[1].get_ylabel(), ax[2].get_xlabel()) == ("time / min", "time / min")


def test_each_condition_is_named_with_its_loop_in_units():
    figure = plot_spectra(run(condition(0.015), condition(0.03)))
    named = [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]
    assert named == ["fig4, v = 15 uL", "fig4, v = 30 uL"]


def test_measured_series_stand_beside_the_spectra():
    figure = plot_spectra(condition())
    assert {line.get_label() for line in figure.axes[2].lines} >= {"od371", "od399"}


def test_traces_are_cut_where_asked():
    figure = plot_spectra(spectra(), wavelengths=[371.5])
    assert curves(figure.axes[2])[0].get_ydata()[0] == pytest.approx(spectra().absorbance[0, 51:53].mean())


def test_series_alone_are_drawn_alone():
    figure = plot_spectra(condition(with_spectra=False))
    assert len(figure.axes) == 1


def test_spectra_alone_have_no_traces():
    assert len(plot_spectra(condition(with_series=False)).axes) == 2


def test_a_stack_lifts_each_spectrum_by_as_much():
    ax = plot_spectra(spectra([0.0, 10.0, 20.0]), style="stacked").axes[0]
    lowest = [line.get_ydata()[-1] for line in curves(ax)]
    assert np.diff(lowest) == pytest.approx([0.22, 0.22], abs=0.01)


def test_a_stack_names_its_times_beside_their_curves():
    figure = plot_spectra(spectra([0.0, 10.0, 20.0]), style="stacked", time_unit="min", isosbestic=True)
    figure.canvas.draw()
    ax = figure.axes[0]
    named = [text for text in ax.texts if text.get_text().endswith("min")]
    assert [text.get_text() for text in named] == ["0 min", "10 min", "20 min"]
    ends = [ax.transData.transform((480.0, line.get_ydata()[-1]))[1] for line in curves(ax)]
    heights = [ax.transAxes.transform(text.get_position())[1] for text in named]
    assert heights == pytest.approx(ends, abs=6)


def test_the_isosbestic_point_is_marked_where_it_is():
    ax = plot_spectra(spectra(), isosbestic=True).axes[0]
    assert [text.get_text() for text in ax.texts] == ["385 nm"]


def test_the_name_of_the_isosbestic_point_covers_no_curve():
    figure = plot_spectra(spectra(), isosbestic=True)
    figure.canvas.draw()
    ax = figure.axes[0]
    below = ax.texts[0].get_window_extent(figure.canvas.get_renderer()).y0
    assert below > max(ax.transData.transform((400.0, line.get_ydata().max()))[1] for line in curves(ax))


def test_spectra_that_do_not_cross_have_no_mark():
    alone = spectra()
    growing = Spectra("uv", alone.time, GRID, alone.absorbance[-1] * np.linspace(0, 1, 49)[:, None])
    assert texts(plot_spectra(growing, isosbestic=True)) == []


@pytest.mark.slow
def test_more_conditions_than_fit_are_counted():
    figure = plot_spectra(run(*[condition(0.015 * (i + 1)) for i in range(MOST_CONDITIONS + 2)]))
    assert [text.get_text() for text in figure.texts] == ["2 more conditions are not drawn"]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (3, 3), (4, 2), (12, 3)])
@pytest.mark.slow
def test_conditions_stand_in_a_grid(count, columns):
    figure = plot_spectra(run(*[condition(0.015 * (i + 1), with_series=False) for i in range(count)]))
    assert len({round(ax.get_position().x0, 6) for ax in figure.axes}) == 2 * columns


@pytest.mark.slow
def test_a_long_name_keeps_its_values_and_stays_in_its_cell():
    layout = Layout(12, spectra=True, traces=False, names=0.0, headed=False)
    shown = layout.fitting("the spectra of a sample with a rather long name " * 3 + ", v = 15 uL")
    assert shown.endswith("…, v = 15 uL")
    assert text_width(shown, TITLE_SIZE) < layout.cell


def test_differences_are_drawn_less_their_first():
    figure = plot_spectra(condition(), style="difference")
    found = spectra()
    assert curves(figure.axes[0])[-1].get_ydata() == pytest.approx(found.absorbance[-1] - found.absorbance[0])
    assert curves(figure.axes[2])[0].get_ydata() == pytest.approx(found.absorbance[:, 51] - found.absorbance[0, 51])
    assert {figure.axes[0].get_ylabel(), figure.axes[2].get_ylabel()} == {"Δ absorbance"}


def test_the_isosbestic_point_of_a_difference_lies_at_zero():
    ax = plot_spectra(spectra(), style="difference", isosbestic=True).axes[0]
    (circle,) = [line for line in ax.lines if line.get_marker() == "o"]
    assert (float(circle.get_xdata()[0]), float(circle.get_ydata()[0])) == (pytest.approx(385, abs=0.1), 0.0)


def test_a_wavelength_that_nothing_covers_is_refused():
    with pytest.raises(ValueError, match="cover 320 nm to 480 nm"):
        plot_spectra(run(condition()), wavelengths=[700.0])


def test_nothing_stands_outside_the_figure():
    figure = plot_spectra(run(condition(), condition(0.03)), isosbestic=True)
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in texts(figure)]
    boxes += [ax.get_tightbbox(renderer) for ax in figure.axes]
    assert min(min(box.x0, box.y0) for box in boxes) >= 0
    assert max(box.x1 for box in boxes) <= figure.bbox.x1
    assert max(box.y1 for box in boxes) <= figure.bbox.y1


def test_one_spectrum_is_drawn():
    assert len(curves(plot_spectra(spectra([5.0]), isosbestic=True).axes[0])) == 1


def test_nothing_measured_is_said():
    with pytest.raises(ValueError, match="no spectra"):
        plot_spectra(condition(with_spectra=False, with_series=False))


def test_an_unknown_style_is_refused():
    with pytest.raises(ValueError, match="stacked"):
        plot_spectra(spectra(), style="piled")


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    for name in ("one.svg", "two.svg"):
        save_figure(plot_spectra(run(condition()), isosbestic=True), tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
