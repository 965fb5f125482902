import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mscnet.report.labels import shown_label, spread

LEVELS = st.lists(st.floats(0, 1), min_size=1, max_size=30).map(sorted)


@given(LEVELS)
def test_labels_keep_their_distance(levels):
    places = spread(levels, 0.03, 0.0, 1.0)
    assert all(b - a >= 0.03 - 1e-9 for a, b in itertools.pairwise(places))


@given(LEVELS)
def test_labels_stay_beside_their_panel(levels):
    places = spread(levels, 0.03, 0.0, 1.0)
    assert min(places) >= -1e-9
    assert max(places) <= 1 + 1e-9


@given(LEVELS)
def test_labels_that_have_room_stay_where_they_belong(levels):
    apart = sorted({round(level, 1) for level in levels})
    assert spread(apart, 0.05, 0.0, 1.0) == pytest.approx(apart)


def test_more_labels_than_room_share_what_there_is():
    assert spread([0.5] * 5, 0.5, 0.0, 1.0) == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_a_long_label_is_cut():
    assert shown_label("x" * 100).endswith("…")
    assert len(shown_label("x" * 100)) == 44


def test_a_label_is_one_line():
    assert shown_label("a\n  b") == "a b"
