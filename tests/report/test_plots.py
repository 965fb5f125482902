"""Figures: what is drawn where, that nothing is covered, and that the same figure gives the same bytes."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import mscnet
from mscnet.mechanism.units import CONCENTRATION, NONE, TIME
from mscnet.report.panels import MAGNITUDE_GAP, PALETTE, STYLES
from mscnet.report.plots import curve_count, draw_table, is_log_spaced, plot_trajectory, save_figure
from mscnet.report.tables import Column, Table

TIMES = np.linspace(0.0, 10.0, 101)


def column(name, values, unit="mM", dimension=CONCENTRATION, label=None):
    return Column(name, label or name, unit, dimension, np.asarray(values, dtype=float))


def table(*columns, times=TIMES):
    return Table(Column("time", "time", "min", TIME, times), columns)


def decay(scale=1.0, rate=1.0, times=TIMES):
    return scale * np.exp(-rate * times)


def labels(figure, panel):
    return {line.get_label() for line in figure.axes[panel].lines if not line.get_label().startswith("_")}


def text_boxes(figure):
    renderer = figure.canvas.get_renderer()
    return [text.get_window_extent(renderer) for ax in figure.axes for text in ax.texts]


def test_axes_say_quantity_and_unit():
    ax = draw_table(table(column("A", decay()))).axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time / min", "concentration / mM")


def test_a_unit_that_is_a_quotient_stands_in_brackets():
    figure = draw_table(table(column("A", decay(), unit="mmol/m^3")))
    assert figure.axes[0].get_ylabel() == "concentration (mmol/m³)"


def test_a_long_axis_label_stays_within_its_panel():
    columns = [column(name, decay(scale), unit="molecule/cm^3") for name, scale in (("A", 1), ("B", 1e-4))]
    figure = draw_table(table(*columns))
    figure.canvas.draw()
    boxes = [ax.yaxis.label.get_window_extent() for ax in figure.axes]
    assert boxes[1].y1 < boxes[0].y0
    assert min(box.x0 for box in boxes) > 0


@pytest.mark.parametrize("unit", ["uM", "molecule/cm^3"])
def test_an_axis_label_is_clear_of_the_numbers(unit):
    figure = draw_table(table(column("A", decay(), unit=unit), column("B", decay(0.0175), unit=unit)))
    figure.canvas.draw()
    for ax in figure.axes:
        numbers = [text.get_window_extent().x0 for text in ax.get_yticklabels()]
        assert ax.yaxis.label.get_window_extent().x1 < min(numbers) - 4


def test_an_axis_label_of_two_lines_keeps_its_spelling():
    columns = [column(name, decay(scale), unit="microM") for name, scale in (("A", 1), ("B", 1e-4))]
    assert draw_table(table(*columns)).axes[1].get_ylabel().split("\n")[-1] == "/ microM"


def test_a_trace_species_gets_a_panel_of_its_own():
    figure = draw_table(table(column("A", decay()), column("B", decay(3e-5)), column("C", 1 - decay())))
    assert [labels(figure, 0), labels(figure, 1)] == [{"A", "C"}, {"B"}]


def test_curves_within_the_gap_share_a_panel():
    figure = draw_table(table(column("A", decay()), column("B", decay(1.1 / MAGNITUDE_GAP))))
    assert len(figure.axes) == 1


def test_another_unit_is_another_panel():
    figure = draw_table(table(column("A", decay()), column("od", decay(), unit="", dimension=NONE)))
    assert figure.axes[1].get_ylabel() == "od"


def test_labels_do_not_overlap_where_curves_end_together():
    figure = draw_table(table(*(column(f"species {i}", decay(rate=1 + i)) for i in range(12))))
    boxes = sorted(text_boxes(figure), key=lambda box: box.y0)
    assert all(below.y1 <= above.y0 for below, above in itertools.pairwise(boxes))


@pytest.mark.parametrize("label", ["A", "CdTe MSC-371", "W" * 200, "α₂"])
def test_labels_cover_no_curve_and_stay_on_the_paper(label):
    figure = draw_table(table(column("A", decay(), label=label)))
    box, axis = text_boxes(figure)[0], figure.axes[0].bbox
    assert axis.x1 < box.x0
    assert box.x1 < figure.bbox.x1


def test_labels_are_in_the_order_of_the_ends():
    figure = draw_table(table(column("low", decay()), column("high", 1 - decay())))
    heights = {text.get_text(): text.get_position()[1] for text in figure.axes[0].texts}
    assert heights["low"] < heights["high"]


def test_a_label_is_never_read_as_mathematics():
    figure = draw_table(table(column("A", decay(), label="$\\frac{")))
    assert figure.axes[0].texts[0].get_text() == "$\\frac{"


def test_every_pair_of_colour_and_style_is_used_before_one_returns():
    pairs = {(i % len(PALETTE), i % len(STYLES)) for i in range(len(PALETTE) * len(STYLES))}
    assert len(pairs) == len(PALETTE) * len(STYLES)


def test_every_colour_stands_out_from_white_paper():
    luminance = [np.dot((0.2126, 0.7152, 0.0722), to_rgb(colour)) for colour in PALETTE]
    assert max(luminance) < 0.7


def test_log_spaced_times_are_drawn_on_a_log_axis():
    times = np.concatenate([[0.0], np.geomspace(1e-5, 1e5, 60)])
    figure = draw_table(table(column("A", decay(times=times)), times=times))
    assert figure.axes[0].get_xscale() == "log"


@pytest.mark.parametrize("times", [np.linspace(0, 1e4, 50), np.geomspace(1, 5, 50), np.array([0.0, 1.0])])
def test_other_times_are_not_log_spaced(times):
    assert not is_log_spaced(times)


def test_a_concentration_axis_starts_at_zero_in_spite_of_round_off():
    figure = draw_table(table(column("A", decay() - 1e-7)))
    assert figure.axes[0].get_ylim()[0] == 0.0


def test_negative_values_are_shown():
    figure = draw_table(table(column("A", np.sin(TIMES))))
    assert figure.axes[0].get_ylim()[0] <= -0.99


def test_values_that_are_not_finite_leave_a_gap():
    values = decay()
    values[50:] = np.inf
    assert np.all(np.isfinite(draw_table(table(column("A", values))).axes[0].get_ylim()))


def test_leaders_and_samples_are_not_counted_as_curves():
    assert curve_count(draw_table(table(column("A", decay()), column("B", decay(1e-4))))) == 2


@pytest.mark.parametrize("extension", ["png", "svg", "pdf"])
@pytest.mark.slow
def test_the_same_figure_gives_the_same_bytes(tmp_path, extension):
    for name in ("one", "two"):
        save_figure(draw_table(table(column("A", decay()), column("B", decay(0.5)))), tmp_path / f"{name}.{extension}")
    assert (tmp_path / f"one.{extension}").read_bytes() == (tmp_path / f"two.{extension}").read_bytes()


def test_a_label_in_a_script_that_the_font_lacks_is_no_trouble(tmp_path):
    save_figure(draw_table(table(column("A", decay(), label="碲化镉"))), tmp_path / "a.png")
    assert (tmp_path / "a.png").exists()


def test_a_blank_label_can_be_drawn():
    assert curve_count(draw_table(table(column("A", decay(), label=" ")))) == 1


def test_a_table_without_rows_or_columns_can_be_drawn(tmp_path):
    save_figure(draw_table(table(times=np.array([]))), tmp_path / "empty.png")
    assert (tmp_path / "empty.png").stat().st_size > 0


# --- figures of a run ----------------------------------------------------------------------------


def run(text, **settings):
    return mscnet.simulate(mscnet.loads(text), **settings)


def test_a_species_that_does_not_change_is_left_out_and_named():
    figure = plot_trajectory(run("species A = 1\nspecies X = 2 constant\nA -> B @ 0.5", t_end=1))
    assert labels(figure, 0) == {"A", "B"}
    assert figure.texts[0].get_text() == "constant: X"


def test_a_species_that_is_asked_for_is_drawn_even_if_it_does_not_change():
    figure = plot_trajectory(run("species A = 1\nspecies X = 2 constant\nA -> B @ 0.5", t_end=1), columns=["X"])
    assert labels(figure, 0) == {"X"}


def test_a_group_of_columns_leaves_out_what_does_not_change():
    figure = plot_trajectory(run("species A = 1\nspecies X = 9 constant\nA -> B @ 0.5", t_end=1), columns="all")
    assert (labels(figure, 0), figure.texts[0].get_text()) == ({"A", "B"}, "constant: X")


def test_of_many_species_those_that_change_most_are_drawn():
    chain = "species A0 = 1\n" + "".join(f"A{i} -> A{i + 1} @ 1\n" for i in range(30))
    figure = plot_trajectory(run(chain, t_end=3))
    assert curve_count(figure) == 12
    assert "12 of 31 species" in figure.texts[0].get_text()


def test_printed_labels_and_the_pathway_are_shown():
    text = 'species A "the acid" = 1\npathway p { A -> B @ 1 }'
    figure = plot_trajectory(run(text, t_end=1))
    assert "the acid" in labels(figure, 0)
    assert figure.axes[0].get_title(loc="left") == "text, pathway p"


def test_a_scale_of_the_file_s_own_is_a_concentration():
    text = "unit c0\nunits time = min, concentration = c0\nspecies A = 1\nA -> B @ 0.1\n"
    assert plot_trajectory(run(text, t_end=1)).axes[0].get_ylabel() == "concentration / c0"


def test_nothing_but_figures_of_our_own_is_touched():
    import matplotlib

    before = dict(matplotlib.rcParams)
    plot_trajectory(run("species A = 1\nA -> B @ 1", t_end=1))
    assert dict(matplotlib.rcParams) == before


def test_a_run_that_stopped_says_so_in_its_figure():
    with pytest.raises(mscnet.SimulationError) as stopped:
        run("species A = 0.95\n2 A -> 3 A @ 1", t_end=2, points=21)  # without bound at 1/0.95 s
    note = plot_trajectory(stopped.value.trajectory).texts[0].get_text()
    assert note.startswith("stopped at 1 s")
