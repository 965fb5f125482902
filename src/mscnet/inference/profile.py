"""Profile likelihood: how far each parameter can go while all others make up for it.

The interval at a level is where 2(cost - least cost) stays below the quantile of chi-squared with one degree of
freedom (A. Raue et al., Bioinformatics 2009, 25, 1923; S. A. Murphy and A. W. van der Vaart, J. Am. Stat. Assoc. 2000,
95, 449).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError, suggest
from mscnet.inference.covariance import check_level, covariance, quantile
from mscnet.inference.identifiable import Identifiability, identifiable
from mscnet.inference.problem import FreeParameter, Objective
from mscnet.inference.profile_walk import Optimum, Side, walk
from mscnet.inference.record import Line, Record, digest
from mscnet.inference.refit import Refit, refit, search_bounds
from mscnet.inference.workers import completed
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]
Verdict = Literal["identifiable", "practically not", "structurally not"]

#: Levels of confidence whose intervals are worked out.
LEVELS = (0.68, 0.95, 0.99)
#: The level that verdicts go by.
DECIDES = 0.95
#: A profile is flat where 2 Δcost stays below this.
FLAT = 0.02
#: An optimum is better if it is below the one known by more than this, in 2 Δcost.
BETTER = 0.01
#: A parameter is at an end of its range within this share of it.
_AT_BOUND = 1e-3


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval of a value in the file's units.  An end that is `open` is none: the profile stays below
    the threshold out to there, the bound or how far it was followed."""

    level: float
    lower: float
    upper: float
    open_lower: bool = False
    open_upper: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The profile of one parameter: `coordinates` (n,) ascending, the optimum `at` this place among them, `rise` (n,) =
    2(cost - least cost), and the whole coordinates `thetas` (n, P) of each point.

    `open_sides` names the sides, ``lower`` and ``upper``, to which it stays below the threshold of `DECIDES`;
    `resting_on` the parameters that stand at a bound where an interval of that level ends: with a wider range of
    these it would be wider.
    """

    parameter: FreeParameter
    coordinates: FloatArray
    rise: FloatArray
    thetas: FloatArray
    at: int
    intervals: tuple[Interval, ...]
    verdict: Verdict
    open_sides: tuple[str, ...] = ()
    resting_on: tuple[str, ...] = ()
    evaluations: int = 0
    linearisations: int = 0
    trouble: str = ""

    def __repr__(self) -> str:
        return f"<Profile of {self.parameter.name}: {self.said}>"

    @property
    def values(self) -> FloatArray:
        """(n,) in the file's units."""
        return np.array([self.parameter.to_value(float(u)) for u in self.coordinates])

    @property
    def said(self) -> str:
        """The verdict in words."""
        if self.verdict == "identifiable":
            return "identifiable"
        if self.verdict == "structurally not":
            return "structurally not identifiable"
        sides = "both sides" if len(self.open_sides) == 2 else f"the {self.open_sides[0]} side"
        return f"practically not identifiable: open to {sides}"

    def interval(self, level: float = DECIDES) -> Interval:
        """The interval of a level that was asked for.

        Raises:
            KeyError: another level.
        """
        for each in self.intervals:
            if abs(each.level - level) < 1e-9:
                return each
        raise KeyError(f"no interval of level {level:g}, only of {', '.join(f'{i.level:g}' for i in self.intervals)}")


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """Profiles about the optimum `theta` (P,) of this `cost`; `blind` is what the rank of the sensitivities says.

    `better` is an optimum with a lower cost that turned up on the way, if one did: then fit again from there, since
    intervals count from the optimum that was given.
    """

    profiles: tuple[Profile, ...]
    theta: FloatArray
    cost: float
    levels: tuple[float, ...]
    blind: Identifiability
    better: Refit | None = None

    def __repr__(self) -> str:
        return f"<Profiles: {'; '.join(f'{p.parameter.name} {p.said}' for p in self.profiles)}>"

    def __getitem__(self, name: str) -> Profile:
        for each in self.profiles:
            if each.parameter.name == name:
                return each
        raise KeyError(name)

    @property
    def evaluations(self) -> int:
        """How often residuals were worked out, those with derivatives among them."""
        return sum(p.evaluations + p.linearisations for p in self.profiles)


class ProfilesInterrupted(KeyboardInterrupt):
    """Ctrl-C ended the profiles: `.profiles` has those that were finished."""

    def __init__(self, profiles: Profiles) -> None:
        super().__init__(f"interrupted after {len(profiles.profiles)} profiles")
        self.profiles: Profiles = profiles


def profile(
    objective: Objective,
    theta: FloatArray,
    names: Iterable[str] | None = None,
    *,
    levels: Sequence[float] = LEVELS,
    jobs: int = 1,
    folder: str | os.PathLike[str] | None = None,
    resume: bool = True,
    tolerance: float = 1e-8,
    progress: Callable[[float], None] | None = None,
) -> Profiles:
    """Profiles of the parameters `names` (all without it) about an optimum `theta` (P,).

    The optimum is polished first.  `jobs` processes share the sides of all profiles; what comes out does not depend on
    them.  With a `folder` each finished side is kept there in ``profile.jsonl``, and not done again by a later call
    with the same objective and optimum, unless `resume` is False.  `progress` is called with the fraction that is done.

    Raises:
        MechanismError: an unknown name, a level that is none, a model that cannot be run at `theta`, a folder with
            profiles of something else.
        ProfilesInterrupted: Ctrl-C was pressed.
    """
    chosen = places(objective, names)
    asked = tuple(sorted({*levels, DECIDES}))
    for level in asked:
        check_level(level)
    best = refit(objective, theta, (), tolerance)
    optimum = _optimum(objective, best)
    blind = identifiable(objective, best.theta)
    tasks = [(j, sign) for j in chosen for sign in (-1, 1)]
    record = _record(folder, resume, objective, theta, asked)
    sides = {} if record is None else {task: side for task, side in record.pieces if task in tasks}
    work = partial(_walked, objective, optimum, [quantile(level) for level in asked], tolerance)
    left = [task for task in tasks if task not in sides]
    interrupted = False
    try:
        for number, side in completed(work, left, jobs):
            sides[left[number]] = side
            if record is not None:
                record.add(_as_piece(objective, left[number], side))
            if progress is not None:
                progress(len(sides) / len(tasks))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        if record is not None:
            record.close()
    whole = [j for j in chosen if (j, -1) in sides and (j, 1) in sides]
    made = tuple(_assembled(objective, optimum, j, sides[j, -1], sides[j, 1], asked, blind) for j in whole)
    better = None if interrupted else _better(objective, theta, best, list(sides.values()), tolerance)
    found = Profiles(made, best.theta, best.cost, asked, blind, better)
    if interrupted:
        raise ProfilesInterrupted(found)
    return found


def places(objective: Objective, names: Iterable[str] | None) -> list[int]:
    """The places of these parameters among those of an objective, of all without names; raises MechanismError for an
    unknown one."""
    known = [p.name for p in objective.parameters]
    if names is None:
        return list(range(len(known)))
    wanted = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        if name not in known:
            hint = suggest(name, known) or f"fitted are {', '.join(known)}"
            raise MechanismError.of("E145", f"`{name}` is not among the fitted parameters", hint=hint)
    return [known.index(name) for name in wanted]


def _optimum(objective: Objective, best: Refit) -> Optimum:
    """What walks start from; slopes are those of the quadratic, 0 where it has none."""
    found = covariance(objective, best.theta)
    diagonal = np.diag(found.matrix)
    with np.errstate(invalid="ignore", divide="ignore"):
        slopes = np.nan_to_num(found.matrix / diagonal, posinf=0.0, neginf=0.0)
    return Optimum(best.theta, best.cost, found.errors, slopes)


def _walked(
    objective: Objective, optimum: Optimum, thresholds: Sequence[float], tolerance: float, task: tuple[int, int]
) -> Side:
    return walk(objective, optimum, *task, thresholds, tolerance)


# --- what came out -----------------------------------------------------------------------------


def _assembled(
    objective: Objective, optimum: Optimum, j: int, lower: Side, upper: Side, levels: Sequence[float],
    blind: Identifiability,
) -> Profile:  # fmt: skip
    parameter = objective.parameters[j]
    u = np.concatenate([lower.coordinates[::-1], optimum.theta[j : j + 1], upper.coordinates])
    costs = np.concatenate([lower.costs[::-1], [optimum.cost], upper.costs])
    thetas = np.concatenate([lower.thetas[::-1], optimum.theta[None], upper.thetas])
    rise = 2 * (costs - optimum.cost)
    at = lower.coordinates.size
    intervals = tuple(_interval(parameter, u, rise, at, level) for level in levels)
    decides = next(each for each in intervals if each.level == DECIDES)
    sides = tuple(s for s, open_ in (("lower", decides.open_lower), ("upper", decides.open_upper)) if open_)
    verdict: Verdict = "practically not" if sides else "identifiable"
    if parameter.name in blind.undetermined and _flat_as_far_as_can_be(objective, j, u, rise, thetas, at, blind):
        verdict = "structurally not"
    troubles = [f"{side.trouble} {word}" for word, side in (("below", lower), ("above", upper)) if side.trouble]
    return Profile(
        parameter, u, rise, thetas, at, intervals, verdict, sides, _resting_on(objective, j, rise, thetas, at),
        lower.evaluations + upper.evaluations, lower.linearisations + upper.linearisations, "; ".join(troubles),
    )  # fmt: skip


def _interval(parameter: FreeParameter, u: FloatArray, rise: FloatArray, at: int, level: float) -> Interval:
    threshold = quantile(level)
    lower, closed_lower = _crossing(u[at::-1], rise[at::-1], threshold)
    upper, closed_upper = _crossing(u[at:], rise[at:], threshold)
    return Interval(level, parameter.to_value(lower), parameter.to_value(upper), not closed_lower, not closed_upper)


def _crossing(u: FloatArray, rise: FloatArray, threshold: float) -> tuple[float, bool]:
    """Where the height sqrt(rise) first passes the threshold, going outwards, and whether it does."""
    height = np.sqrt(np.maximum(rise, 0.0))
    above = np.flatnonzero(height[1:] >= threshold)
    if not above.size:
        return float(u[-1]), False
    i = int(above[0])
    share = (threshold - height[i]) / (height[i + 1] - height[i])
    return float(u[i] + share * (u[i + 1] - u[i])), True


def _at_bounds(objective: Objective, theta: FloatArray) -> NDArray[np.bool_]:
    low, high = search_bounds(objective.parameters)
    near = _AT_BOUND * np.where(np.isfinite(high - low), high - low, 0.0)
    return np.asarray((theta - low <= near) | (high - theta <= near), dtype=bool)


def _flat_as_far_as_can_be(
    objective: Objective, j: int, u: FloatArray, rise: FloatArray, thetas: FloatArray, at: int, blind: Identifiability
) -> bool:
    """Whether the profile is flat on both sides, out to its end or until a parameter that makes up for it stands at
    a bound."""
    names = [p.name for p in objective.parameters]
    partners = {n for direction in blind.directions if names[j] in direction for n in direction} - {names[j]}
    places = [names.index(n) for n in partners]
    for order in (range(at - 1, -1, -1), range(at + 1, u.size)):
        risen = next((i for i in order if rise[i] > FLAT), None)
        if risen is not None and not _at_bounds(objective, thetas[risen])[places].any():
            return False
    return True


def _resting_on(objective: Objective, j: int, rise: FloatArray, thetas: FloatArray, at: int) -> tuple[str, ...]:
    """Other parameters that have come to a bound where the profile passes the threshold that decides."""
    begin = _at_bounds(objective, thetas[at])
    found = np.zeros(len(begin), dtype=bool)
    for order in (range(at - 1, -1, -1), range(at + 1, rise.size)):
        passed = next((i for i in order if rise[i] >= quantile(DECIDES) ** 2 - 0.05), None)
        if passed is not None:
            found |= _at_bounds(objective, thetas[passed]) & ~begin
    found[j] = False
    return tuple(p.name for p, hit in zip(objective.parameters, found, strict=True) if hit)


def _better(
    objective: Objective, theta: FloatArray, best: Refit, sides: Sequence[Side], tolerance: float
) -> Refit | None:
    """A lower optimum that a profile came by, fitted to its end; or where polishing alone led far down."""
    costs = np.concatenate([side.costs for side in sides]) if sides else np.empty(0)
    if costs.size and best.cost - costs.min() > 0.5 * BETTER:
        thetas = np.concatenate([side.thetas for side in sides])
        return refit(objective, thetas[int(costs.argmin())], (), tolerance)
    given = objective.residuals(np.asarray(theta, dtype=float))
    return best if 0.5 * float(given @ given) - best.cost > 0.5 * BETTER else None


# --- kept in a folder --------------------------------------------------------------------------


def _record(
    folder: str | os.PathLike[str] | None, resume: bool, objective: Objective, theta: FloatArray,
    levels: Sequence[float],
) -> Record[tuple[tuple[int, int], Side]] | None:  # fmt: skip
    """What is kept in a folder: sides by parameter and sign."""
    if folder is None:
        return None
    names = [p.name for p in objective.parameters]

    def read(line: Line) -> tuple[tuple[int, int], Side]:
        thetas = np.array(line["thetas"], dtype=float).reshape(-1, len(names))
        points = np.array(line["coordinates"], dtype=float), np.array(line["costs"], dtype=float), thetas
        side = Side(*points, line["evaluations"], line["linearisations"], line["trouble"])
        return (names.index(line["parameter"]), int(line["sign"])), side

    said = [[p.name, p.lower, p.upper, p.scale] for p in objective.parameters]
    residuals = objective.residuals(np.asarray(theta, dtype=float))
    parts = {
        "parameters": json.dumps(said), "levels": json.dumps(list(levels)),
        "optimum": json.dumps([[float(u) for u in theta], f"{residuals @ residuals:.9g}"]),
    }  # fmt: skip
    marks = {name: digest([text.encode()]) for name, text in parts.items()}
    return Record(Path(folder) / "profile.jsonl", "profile", marks, read, resume=resume, code="E155")


def _as_piece(objective: Objective, task: tuple[int, int], side: Side) -> dict[str, Any]:
    return {
        "parameter": objective.parameters[task[0]].name, "sign": task[1], "coordinates": side.coordinates.tolist(),
        "costs": side.costs.tolist(), "thetas": side.thetas.tolist(), "evaluations": side.evaluations,
        "linearisations": side.linearisations, "trouble": side.trouble,
    }  # fmt: skip
