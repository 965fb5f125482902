"""Figures as text: tables that read well in a terminal and are tables in Markdown as well."""

from __future__ import annotations

from collections.abc import Sequence


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns line up; all but the first and last stand to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    right = [i > 0 and head[i] != "note" for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True))
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (w + 1) + (":" if r else "-") for w, r in zip(widths, right, strict=True)) + "|"
    return "\n".join([line(head), rule, *map(line, rows)])


def milliseconds(seconds: float | None) -> str:
    """A time in ms with three digits."""
    return "" if seconds is None else number(seconds * 1e3)


def number(value: float | None) -> str:
    """Three significant digits, without an exponent where that is short."""
    if value is None:
        return ""
    if value and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.1e}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
