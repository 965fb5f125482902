from mscnet.report.text import display_width, number, pairs, table


def test_wide_and_combining_letters_take_their_own_width():
    assert display_width("碲化镉") == 6
    assert display_width("e\u0301") == 1


def test_columns_align_under_wide_letters():
    lines = table(("a", "b"), [("碲", "1"), ("x", "2")]).splitlines()
    assert lines[2:] == ["碲  1", "x   2"]


def test_an_empty_cell_shows_a_dash():
    assert table(("a", "b"), [("x", ""), ("y", "1")]).splitlines()[2] == "x  —"


def test_an_empty_column_is_left_out():
    assert table(("a", "b"), [("x", ""), ("y", "")]).splitlines() == ["a", "─", "x", "y"]


def test_numbers_align_at_the_right():
    assert table(("n",), [("1",), ("10",)], right=(0,)).splitlines()[2:] == [" 1", "10"]


def test_a_missing_number_says_so():
    assert number(float("nan")) == "not given"


def test_a_number_is_short():
    assert [number(0.1 + 0.2), number(2.0), number(1e-9)] == ["0.3", "2", "1e-09"]


def test_pairs_leave_out_what_is_empty_and_indent_what_is_long():
    assert pairs([("a", "1\n2"), ("b", "")]) == "a  1\n   2"
