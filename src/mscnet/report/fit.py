"""A fit as text for people, as HTML for a notebook, and as an object for programs."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mscnet.inference.criteria import criteria_of
from mscnet.inference.result import Estimate, FitResult
from mscnet.inference.search import runs
from mscnet.records import dataclass
from mscnet.report.correlations import correlation_data, correlation_lines
from mscnet.report.facts import as_objects, count_facts
from mscnet.report.plain import plain
from mscnet.report.text import number, parameter_unit, table

if TYPE_CHECKING:
    from mscnet.inference.problem import Term

#: Starts whose cost is above the best by no more than this share of it (or by this much) have found the same.
SAME = 1e-3
#: The fewest digits of a value, and those of an error.
_DIGITS, _ERROR_DIGITS = 4, 2
_LONGEST = 34


def fit_text(result: FitResult) -> str:
    """Parameters with errors and strong correlations, what their residuals are, counts and costs, how starts went."""
    parameters = "\n".join([parameter_table(result), *correlation_lines(result)])
    return "\n\n".join([parameters, residual_rms_table(result), "\n".join(summary_lines(result))])


def fit_html(result: FitResult) -> str:
    """The parameters as a table for a notebook, with the counts below."""
    head = "".join(f"<th>{word}</th>" for word in ("parameter", "value", "unit", "range", ""))
    rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in _rows(result))
    told = [*correlation_lines(result), *summary_lines(result)]
    lines = "<br>".join(html.escape(line) for line in told)
    title = html.escape(result.title)
    return f"<b>{title}</b><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{lines}</p>"


def fit_data(result: FitResult) -> dict[str, Any]:
    """The object of ``fit --json``: numbers in the file's units, what is not known is null."""
    criteria = criteria_of(result)
    found: dict[str, Any] = plain({
        "mechanism": result.provenance.get("mechanism"), "pathway": result.provenance.get("pathway"),
        "cost": result.cost, "sse": sum_of_squares(result), "n": result.n, "k": result.k,
        "log_likelihood": result.log_likelihood, "aicc": criteria.aicc, "bic": criteria.bic,
        "parameters": [
            {"name": e.name, "value": e.value, "error": e.error, "low": e.low, "high": e.high,
             "at_bound": e.at_bound or None, "kind": e.kind, "unit": _unit(result, e)}
            for e in result.estimates()
        ],
        "correlation": correlation_data(result),
        "residuals": [group.as_object() for group in groups_of(result)],
        "facts": as_objects(result.verdicts),
        "starts": [
            {"number": s.number, "begin_cost": s.begin_cost, "cost": s.cost, "evaluations": s.evaluations,
             "seconds": s.seconds, "message": s.message, "finished": s.finished}
            for s in result.starts
        ],
    })  # fmt: skip
    return found


# --- parameters -----------------------------------------------------------------------------------


def parameter_table(result: FitResult) -> str:
    """One row a fitted value: value ± standard error in the unit that the file writes, its range, a remark."""
    rows = _rows(result)
    if any(row[-1] for row in rows):
        rows = [[*row[:-1], row[-1] or " "] for row in rows]
    return table(("parameter", "value", "unit", "range", ""), rows)


def _rows(result: FitResult) -> list[list[str]]:
    return [
        [e.name, value_with_error(e.value / e.unit_factor, e.error / e.unit_factor), _unit(result, e), _range(e),
         remark(e)]
        for e in result.estimates()
    ]  # fmt: skip


def value_with_error(value: float, error: float) -> str:
    """``0.1034 ± 0.0021``: as many digits as the error, of which two are shown, leaves a meaning; where it is larger
    than the value, four."""
    if not math.isfinite(error) or error <= 0:
        return f"{value:.{_DIGITS}g}"
    if error >= abs(value):
        return f"{value:.{_DIGITS}g} ± {error:.{_ERROR_DIGITS}g}"
    exponent = math.floor(math.log10(abs(value)))
    digits = min(exponent - math.floor(math.log10(error)) + _ERROR_DIGITS, 12)
    if -4 <= exponent < 6:
        places = max(0, digits - 1 - exponent)
        return f"{value:.{places}f} ± {error:.{places}f}"
    scale = 10.0**exponent
    places = digits - 1
    return f"({value / scale:.{places}f} ± {error / scale:.{places}f})e{exponent:+03d}"


def remark(estimate: Estimate) -> str:
    """What is to be known of a value besides."""
    if estimate.at_bound:
        return f"at its {estimate.at_bound} bound"
    if estimate.kind == "linear":
        return "projected out"
    if not math.isfinite(estimate.error):
        return "not determined"
    low, high = estimate.bounds or (-math.inf, math.inf)
    if estimate.error > (estimate.value if estimate.scale == "log" else high - low):
        return "hardly determined"
    return "noise" if estimate.kind == "noise" else ""


def _range(e: Estimate) -> str:
    if e.bounds is None:
        return ""
    low, high = (end / e.unit_factor for end in e.bounds)
    return f"{low:.4g} .. {high:.4g}" + (" log" if e.scale == "log" else "")


def _unit(result: FitResult, e: Estimate) -> str:
    if e.unit or result.model is None:
        return e.unit
    known = {parameter.name: parameter for parameter in result.model.parameters}
    return parameter_unit(result.model, known[e.name]) if e.name in known else ""


# --- residuals ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """The residuals of one reading, or of the facts of one kind: `rms` in standard deviations, `rms_value` in `unit`
    (``nan`` where the standard deviation is not known), `missed` of those that are off by more than one of them."""

    name: str
    kind: str
    count: int
    rms: float
    rms_value: float
    missed: int
    unit: str = ""

    def as_object(self) -> dict[str, Any]:
        """For JSON."""
        return {"name": self.name, "kind": self.kind, "count": self.count, "rms_in_errors": self.rms,
                "rms": self.rms_value, "missed": self.missed, "unit": self.unit}  # fmt: skip


def group_name(term: Term) -> str:
    """Which residuals are told together: those of a reading in an experiment, or of the facts of one kind."""
    if term.kind == "datum":
        experiment = term.condition.partition("(")[0]
        return f"{experiment} {term.reading}".strip() or term.source
    return {"equality": "facts, equalities", "bound": "facts, bounds", "prior": "priors"}.get(term.kind, term.kind)


def groups_of(result: FitResult) -> list[Group]:
    """Residuals by reading and by kind of fact, in their order; noises, which measure nothing, are left out."""
    held: dict[str, list[int]] = {}
    for i, term in enumerate(result.terms):
        if term.kind != "noise":
            held.setdefault(group_name(term), []).append(i)
    found = []
    for name, places in held.items():
        r = result.residuals[places]
        off = np.array([model_less_observed(result, result.terms[i], float(result.residuals[i])) for i in places])
        first = result.terms[places[0]]
        found.append(Group(name, first.kind, len(places), _rms(r), _rms(off) if first.kind == "datum" else math.nan,
                           int(np.sum(np.abs(r) > 1)), first.unit))  # fmt: skip
    return found


def model_less_observed(result: FitResult, term: Term, r: float) -> float:
    """Model less observed in the file's unit, from the residual of a datum; ``nan`` where its error is not known."""
    settings = result.settings
    if settings.loss == "student":  # r² = (ν + 1) ln(1 + z²/ν)
        power = min(r * r / (settings.degrees + 1), 700.0)
        r = math.copysign(math.sqrt(settings.degrees * math.expm1(power)), r)
    if not math.isnan(term.sigma):
        return r * term.sigma
    a, b = (result.values.get(f"{kind}({term.reading})", math.nan) for kind in ("noise", "relative_noise"))
    if settings.error_model != "proportional":
        return r * a
    # model - observed = r sqrt(a² + b² model²), solved for the model
    left = 1.0 - (r * b) ** 2
    if not left > 0:
        return math.nan
    return (term.observed + r * math.sqrt(a * a * left + (b * term.observed) ** 2)) / left - term.observed


def _rms(values: Any) -> float:
    return float(np.sqrt(np.mean(values**2)))


def residual_rms_table(result: FitResult) -> str:
    """One row a reading or kind of fact."""
    rows = [
        [g.name[:_LONGEST], str(g.count), f"{g.rms:.3g}", "" if math.isnan(g.rms_value) else
         f"{g.rms_value:.3g} {g.unit}".rstrip(), str(g.missed)]
        for g in groups_of(result)
    ]  # fmt: skip
    return table(("residuals of", "number", "rms in errors", "rms", "off by > 1"), rows, right=(1, 2, 3, 4))


# --- the whole ------------------------------------------------------------------------------------


def summary_lines(result: FitResult) -> list[str]:
    """Counts and costs, facts, and how the starts went, each in a line."""
    kinds = (("datum", "data"), ("equality", "equalities"), ("bound", "bounds"))
    counts = ", ".join(f"{result.count(kind)} {word}" for kind, word in kinds if result.count(kind))
    lines = [f"n = {result.n} ({counts}), k = {result.k}; cost {result.cost:.6g}, "
             f"sum of squares {sum_of_squares(result):.6g}", *_cost_lines(result), _criteria(result)]  # fmt: skip
    if result.verdicts:
        lines.append(f"facts: {count_facts(result.verdicts)}")
    return [*lines, *_caution(result), starts_line(result)]


def _cost_lines(result: FitResult) -> list[str]:
    """What the cost is made of, where that is more than data and facts."""
    kinds = (("noise", "of estimated errors (the sum of ln σ)"), ("prior", "of priors"))
    others = [f"{0.5 * _squares(result, kind):.6g} {word}" for kind, word in kinds if result.count(kind)]
    if not others:
        return []
    return [f"the cost is {', '.join([f'{0.5 * sum_of_squares(result):.6g} of data and facts', *others])}"]


def _squares(result: FitResult, kind: str) -> float:
    return sum(r * r for r, term in zip(result.residuals.tolist(), result.terms, strict=True) if term.kind == kind)


def _criteria(result: FitResult) -> str:
    """By which fits of rival models to the same data and facts are compared."""
    found = criteria_of(result)
    aicc = "not defined (n ≤ k + 1)" if found.aicc is None else f"{found.aicc:.6g}"
    return f"log likelihood {number(round(result.log_likelihood, 4))}, AICc {aicc}, BIC {found.bic:.6g}"


def _caution(result: FitResult) -> list[str]:
    """What the errors rest on, where a value of the model stands at its bound."""
    names = [e.name for e in result.estimates() if e.at_bound and e.kind == "model"]
    if not names:
        return []
    listed = ", ".join(names)
    return [f"errors of the others are as if {listed} {'was' if len(names) == 1 else 'were'} known: see --profile"]


def sum_of_squares(result: FitResult) -> float:
    """Σ r² over data and facts, priors and noises left out."""
    r = [r for r, t in zip(result.residuals.tolist(), result.terms, strict=True) if t.kind not in ("prior", "noise")]
    return float(np.sum(np.square(r)))


def starts_line(result: FitResult) -> str:
    """``20 starts, 14 of them at the best cost; 812 evaluations in 3.4 s``."""
    starts = result.starts
    best = min(start.cost for start in starts)
    same = sum(start.cost - best <= SAME * max(best, 1.0) for start in starts)
    evaluations = sum(start.evaluations for start in starts)
    failed = sum(not runs(start.cost) for start in starts)
    told = "1 start" if len(starts) == 1 else f"{len(starts)} starts, {same} of them at the best cost"
    rough = sum(start.rough for start in starts)
    if rough:
        told += f", {len(starts) - rough} searched to the end"
    if failed:
        told += f", {failed} where the model could not be run"
    return f"{told}; {evaluations} evaluations in {sum(s.seconds for s in starts):.3g} s of work"


def ranked(result: FitResult) -> Sequence[Any]:
    """Starts that could be run, the best first."""
    return sorted((s for s in result.starts if runs(s.cost)), key=lambda s: (s.cost, s.number))
