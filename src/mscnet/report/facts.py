"""Verdicts on facts as a table for people, as a line that counts them, and as objects for programs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from mscnet.experiment.phrases import expected_text, shown
from mscnet.experiment.verdict import Verdict
from mscnet.report.plain import plain
from mscnet.report.text import table

#: The longest texts in a table, in characters; what is cut off stands with the failures and in JSON.
_EXPERIMENT, _NAME, _FACT, _VALUE, _EXPECTED, _SOURCE = 20, 10, 34, 16, 18, 9
#: When a fact holds, at the end of its text.
_WHEN = re.compile(r" (?:over|at) [^()]*$")
#: The outcome of a fact in a word, with its colour on a terminal.
_COLOURS = {"pass": "32", "FAIL": "1;31", "trivial": "33", "stopped": "1;35"}


def outcome(verdict: Verdict) -> str:
    """``pass``, ``FAIL``, ``trivial`` (met, but for no merit of the mechanism) or ``stopped`` (could not be run)."""
    if not verdict.finished:
        return "stopped"
    if not verdict.passed:
        return "FAIL"
    return "trivial" if verdict.trivial else "pass"


def fact_table(verdicts: Sequence[Verdict], colour: bool = False) -> str:
    """One row a verdict: outcome, condition, fact, value, what was expected, margin and source."""
    rows = []
    for verdict in verdicts:
        margin = "" if math.isnan(verdict.margin) else f"{verdict.margin:+.2f}"
        rows.append([
            outcome(verdict), shortened(verdict.experiment, _EXPERIMENT), shortened(verdict.fact.name or "", _NAME),
            shortened(_subject(verdict), _FACT), _one_value(verdict),
            shortened(expected_text(verdict.expected, verdict.tolerance, verdict.unit), _EXPECTED), margin,
            shortened(verdict.fact.source or "", _SOURCE),
        ])  # fmt: skip
    headers = ("", "experiment", "name", "fact", "model", "expected", "margin", "source")
    text = table(headers, rows, right=(6,))
    return _painted(text) if colour else text


def _subject(verdict: Verdict) -> str:
    """What a fact is on: its text without the numbers that another column has."""
    text = verdict.fact.text
    if verdict.fact.relation not in ("=", "<", ">", "<=", ">="):
        return text
    depth = 0
    for i, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and letter in "=<>≤≥":
            when = _WHEN.search(text, i)
            return text[:i].rstrip() + (when[0] if when else "")
    return text


def _one_value(verdict: Verdict) -> str:
    if verdict.value is None or (isinstance(verdict.value, float) and math.isnan(verdict.value)):
        return "none"
    return shortened(shown(verdict.value, verdict.unit), _VALUE)


def _painted(text: str) -> str:
    lines = []
    for line in text.splitlines():
        word = line.split(" ", 1)[0]
        lines.append(f"\x1b[{_COLOURS[word]}m{word}\x1b[0m{line[len(word) :]}" if word in _COLOURS else line)
    return "\n".join(lines)


def failures_text(verdicts: Iterable[Verdict]) -> str:
    """What did not pass, and why, in sentences; "" where all did."""
    parts = []
    for verdict in verdicts:
        if not verdict.passed:
            fact = verdict.fact
            place = f"{fact.span.source.name}:{fact.span.line}" if fact.span is not None else ""
            where = ", ".join(part for part in (fact.source, place) if part)
            head = f"{verdict.experiment}: {fact.text}" + (f"  ({where})" if where else "")
            parts.append(f"{head}\n  {verdict.sentence}")
    return "\n".join(parts)


def count_facts(verdicts: Sequence[Verdict], seconds: float | None = None) -> str:
    """``92 passed, 14 failed, 2 trivial in 0.12 s``; what there is none of is left out, but for those that passed."""
    outcomes = [outcome(verdict) for verdict in verdicts]
    words = {"pass": "passed", "FAIL": "failed", "trivial": "trivial", "stopped": "could not be run"}
    counts = [(outcomes.count(key), word) for key, word in words.items()]
    said = ", ".join(f"{count} {word}" for count, word in counts if count or word == "passed")
    return said if seconds is None else f"{said} in {seconds:.2f} s"


def as_objects(verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    """The verdicts as JSON knows them: `fact`, `source`, `experiment`, `passed`, `trivial`, `value`, `expected`,
    `margin`, and `name`, `relation`, `tolerance`, `unit`, `within`, `finished` and `sentence` besides."""
    return [
        plain({
            "fact": v.fact.text, "source": v.fact.source, "experiment": v.experiment, "passed": v.passed,
            "trivial": v.trivial, "value": v.value, "expected": v.expected, "margin": v.margin,
            "name": v.fact.name, "relation": v.fact.relation, "tolerance": v.tolerance, "unit": v.unit,
            "within": v.within, "finished": v.finished, "sentence": v.sentence,
        })
        for v in verdicts
    ]  # fmt: skip


def shortened(text: str, length: int) -> str:
    """A text on one line of at most so many characters."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
