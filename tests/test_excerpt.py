"""Diagnostics as they are shown: signs stand under what they mean, whatever the letters."""

from __future__ import annotations

import pytest

from mscnet.diagnostics import Diagnostic, Related, Source, Span
from mscnet.excerpt import SHOWN_WIDTH, columns


def shown(text: str, meant: str, *related: str, colour: bool = False) -> list[str]:
    source = Source("x", text)

    def span(part: str) -> Span:
        at = text.index(part)
        return Span(source, at, at + len(part))

    places = tuple(Related(f"this is {part}", span(part)) for part in related)
    return Diagnostic("error", "E002", "wrong", span(meant), "mend it", places).render(colour).splitlines()


def under(lines: list[str], sign: str = "^") -> str:
    """What stands above the signs, column by column."""
    line, marks = lines[2], lines[3]
    begin, end = marks.index(sign), marks.rindex(sign) + 1
    at, found = 0, ""
    for character in line:
        if begin <= at < end:
            found += character
        at += columns(character)
    return found


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("A -> B @ k", "k"),
        ("水 + A -> B", "A"),
        ("水素 -> B", "水素"),
        ('"\U0001f469‍\U0001f52c" bad', "bad"),
        ("e\u0301\u0301x -> bad", "bad"),
        ("한국어 → bad", "bad"),
        ("ﾊﾝｶｸ -> bad", "bad"),
        ("Ａ -> bad", "bad"),
    ],
)
def test_signs_stand_under_what_is_meant(text: str, meant: str) -> None:
    assert under(shown(text, meant)) == meant


def test_signs_are_as_wide_as_wide_letters() -> None:
    assert shown("水素 -> B", "水素")[3] == "  | ^^^^"


@pytest.mark.parametrize("text", ["\tbad", "A\tbad", "水\tbad\t", "abcd\tbad"])
def test_tabs_go_to_the_next_stop(text: str) -> None:
    lines = shown(text, "bad")
    assert "\t" not in "".join(lines)
    assert lines[3].index("^") - len("1 | ") in (4, 8)


def test_controls_and_turns_of_the_writing_direction_are_dots() -> None:
    assert shown("A\x07 \u202eB", "B")[2] == "1 | A· ·B"


@pytest.mark.parametrize("at", [0, 40, 95, 150, 1000])
def test_long_lines_are_cut_about_the_place(at: int) -> None:
    lines = shown("a" * at + "bad" + "a" * 2000, "bad")
    assert under(lines) == "bad"
    assert len(lines[2]) <= SHOWN_WIDTH + len("1 | ")


def test_where_a_line_is_cut_there_are_dots() -> None:
    line = shown("a" * 500 + "bad" + "a" * 500, "bad")[2]
    assert (line[4], line[-1]) == ("…", "…")


def test_a_long_place_is_marked_as_far_as_it_is_shown() -> None:
    lines = shown("ab" + "c" * 300, "c" * 300)
    assert len(lines[3]) <= SHOWN_WIDTH + len("1 | ")


def test_wide_lines_are_cut_by_their_columns() -> None:
    line = shown("水" * 300 + "bad", "bad")[2]
    assert columns(line) <= SHOWN_WIDTH + len("1 | ")


def test_a_place_over_lines_is_marked_line_by_line() -> None:
    assert shown("a {\n  b\n\n}", "{\n  b\n\n}")[2:-1] == [
        "1 | a {",
        "  |   ^",
        "2 |   b",
        "  |   ^",
        "3 |",
        "4 | }",
        "  | ^",
    ]


def test_the_middle_of_many_lines_is_left_out() -> None:
    lines = shown("a {\n" + "b\n" * 100 + "}", "{\n" + "b\n" * 100 + "}")[2:-1]
    assert [line.split(" ")[0] for line in lines if line[0] != " "] == ["…", "102"]
    assert lines[-2:] == ["102 | }", "    | ^"]


def test_second_places_in_the_line_are_marked_in_it() -> None:
    assert shown("f(x, y, z)", "z", "x", "y")[2:-1] == [
        "1 | f(x, y, z)",
        "  |   -  -  ^",
        "  |   |  this is y",
        "  |   this is x",
    ]


def test_second_places_elsewhere_have_their_own_lines() -> None:
    lines = shown("first\nsecond", "second", "first")
    assert lines[4:7] == ["  note: this is first", "  --> x:1:1", "1 | first"]


def test_a_place_behind_the_end_of_the_line() -> None:
    source = Source("x", "A ->")
    assert Diagnostic("error", "E002", "wrong", Span(source, 4, 5)).render().splitlines()[3] == "  |     ^"


def test_a_place_in_an_empty_text() -> None:
    lines = Diagnostic("error", "E006", "wrong", Span(Source("x", ""), 0, 1)).render().splitlines()
    assert lines[2:] == ["1 |", "  | ^"]


def test_colour_adds_nothing_but_colour() -> None:
    import re

    plain, painted = (shown("f(x, y)", "y", "x", colour=colour) for colour in (False, True))
    assert [re.sub(r"\x1b\[[\d;]*m", "", line) for line in painted] == plain
    assert painted != plain
