"""The picture of a designed experiment."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from mscnet.inference.design_result import Course
from mscnet.report.design import plot_design


@pytest.fixture
def panel():
    time = np.arange(3.0)
    courses = tuple(Course(model, "", "b", time, time, 0.02, "mM") for model in ("one", "other"))
    return plot_design(SimpleNamespace(courses=courses, best="batch", time_unit="min")).axes[0]


def test_a_reading_has_its_unit(panel) -> None:
    assert panel.get_ylabel() == "b / mM"


def test_the_band_says_what_it_is(panel) -> None:
    assert "error of a measured value, ± 0.02" in [text.get_text() for text in panel.get_legend().get_texts()]
