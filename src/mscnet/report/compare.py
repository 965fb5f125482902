"""A comparison as a table and a verdict for people, and as HTML for a notebook."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from mscnet.inference.comparison import Comparison, Ranked
from mscnet.inference.verdict_text import ALIKE, criterion_shown
from mscnet.report.text import table

#: So many deciding rows are shown for each rival.
MOST_ROWS = 5
_WIDTH = 96


def comparison_text(comparison: Comparison) -> str:
    """The ranking, what decides against each rival, the verdict, and what it rests on."""
    parts = [ranking_table(comparison)]
    deciding = deciding_table(comparison)
    if deciding:
        parts.append(deciding)
    folds = folds_table(comparison)
    if folds:
        parts.append(folds)
    parts.append("\n".join(wrapped(text) for text in comparison.verdict))
    if comparison.assumed:
        parts.append("Assumed:\n" + "\n".join(wrapped(text, "- ", "  ") for text in comparison.assumed))
    return "\n\n".join(part for part in parts if part)


def ranking_table(comparison: Comparison) -> str:
    """One row a model, the best first."""
    by = criterion_shown(comparison)
    headers = ("", "pathway", f"Δ{by}", "weight", "AICc", "BIC", "ln L", "k", "Σr²", "facts", "starts")
    return table(headers, [_cells(each) for each in comparison.ranked], right=(0, 2, 3, 4, 5, 6, 7, 8, 9, 10))


def _cells(ranked: Ranked) -> Sequence[str]:
    criteria = ranked.criteria
    aicc = "undefined" if criteria.aicc is None else _shown(criteria.aicc)
    facts = f"{ranked.facts_passed}/{len(ranked.facts)}" if ranked.facts else ""
    if ranked.facts_trivial:
        facts += f" +{ranked.facts_trivial}t"
    return (
        str(ranked.rank), ranked.pathway, _shown(ranked.delta), weight_text(ranked.weight), aicc, _shown(criteria.bic),
        _shown(criteria.log_likelihood), str(criteria.parameters), _shown(criteria.sse), facts,
        f"{ranked.reached.agreeing}/{ranked.reached.starts}",
    )  # fmt: skip


def weight_text(weight: float) -> str:
    """A weight as people read it: ``99.9 %``, ``2e-07``."""
    if math.isnan(weight):
        return ""
    return f"{100 * weight:.3g} %" if weight >= 1e-3 else f"{weight:.1g}"


def deciding_table(comparison: Comparison) -> str:
    """The facts and readings in which each rival differs most from the best model."""
    rows = []
    for rival in comparison.ranked[1:]:
        for row in [row for row in comparison.deciding if row.against == rival.pathway][:MOST_ROWS]:
            rows.append((rival.pathway, row.source, row.condition, _shown(row.best), _shown(row.rival),
                         f"{row.difference:+.3g}"))  # fmt: skip
    if not rows:
        return ""
    best = comparison.best.pathway
    shown = [(name if i == 0 or rows[i - 1][0] != name else "", *rest) for i, (name, *rest) in enumerate(rows)]
    heading = f"What decides (½r², in units of ln L; + speaks for {best}):"
    body = table(("against", "fact or reading", "under", best, "rival", "difference"), shown, right=(3, 4, 5))
    return f"{heading}\n{body.replace('—', ' ')}"


def folds_table(comparison: Comparison) -> str:
    """The log density of each experiment that was left out, a column a model; "" without cross-validation."""
    if not comparison.folds:
        return ""
    names = [ranked.pathway for ranked in comparison.ranked]
    experiments = list(dict.fromkeys(fold.experiment for fold in comparison.folds))
    found = {(fold.experiment, fold.pathway): fold for fold in comparison.folds}
    rows = []
    for experiment in experiments:
        folds = [found.get((experiment, name)) for name in names]
        terms = next((str(fold.terms) for fold in folds if fold is not None), "")
        rows.append((experiment, terms, *("" if fold is None else _shown(fold.log_density) for fold in folds)))
    right = range(1, 2 + len(names))
    return "Left out in turn (ln density of it, foretold by the rest):\n" + table(
        ("experiment", "terms", *names), rows, right
    )


def wrapped(text: str, first: str = "", rest: str = "") -> str:
    """A paragraph in lines of `_WIDTH` columns."""
    from textwrap import fill

    return fill(text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False,
                break_on_hyphens=False)  # fmt: skip


def comparison_html(comparison: Comparison) -> str:
    """The ranking and the verdict for a notebook."""
    by = criterion_shown(comparison)
    headers = ("", "pathway", f"Δ{by}", "weight", "AICc", "BIC", "ln L", "k", "Σr²", "facts", "starts")
    head = "".join(f"<th>{escape(word)}</th>" for word in headers)
    rows = "".join(
        ("<tr style='font-weight:bold'>" if each.delta < ALIKE else "<tr>")
        + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(each))
        + "</tr>"
        for each in comparison.ranked
    )
    said = "".join(f"<p>{escape(text)}</p>" for text in comparison.verdict)
    assumed = "".join(f"<li>{escape(text)}</li>" for text in comparison.assumed)
    return f"<table><tr>{head}</tr>{rows}</table>{said}<details><summary>assumed</summary><ul>{assumed}</ul></details>"


def _shown(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else "—"
