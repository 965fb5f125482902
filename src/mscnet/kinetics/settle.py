"""Concentrations brought to the equilibria of fast steps, at constant totals.

In the logarithms λ of the masters this is the minimum of the convex function Σ x_k(λ) - T·λ, whose gradient is
L x(λ) - T: the dual of the least free energy (J. W. Gibbs; the dual, e.g. C. R. Smith and R. W. Missen, Chemical
Reaction Equilibrium Analysis, 1982, chapter 9).  Newton's method with a step that is cut where it does not lead down
finds it from anywhere, and no concentration becomes negative on the way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError, listed
from mscnet.kinetics.fast_blocks import Block, block_of_columns, blocks_of, column_of, together
from mscnet.mechanism.expression import Expression, Symbol, evaluate, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.network.network import Network

FloatArray = NDArray[np.float64]

_MOST_STEPS = 500
#: Species are lowered so often before the first step.
_MOST_LOWERED = 60
#: The largest change of a logarithm in one step.
_LONGEST = 6.0
#: A step so small is the last one; one below the second may be rounding.
_SMALL, _ROUNDING = 1e-13, 1e-7
#: Constants of dependent steps agree to this part.
_SAME = 1e-9


class Form(NamedTuple):
    """A block as numbers: the species of its masters and secondaries, exponents (r, m) and weights (r, r)."""

    masters: NDArray[np.intp]
    secondaries: NDArray[np.intp]
    exponents: FloatArray
    weights: FloatArray
    #: Which of the constants of the whole block its steps have.
    steps: NDArray[np.intp]

    @property
    def species(self) -> NDArray[np.intp]:
        return np.concatenate([self.masters, self.secondaries])

    @property
    def totals(self) -> FloatArray:
        """(m, n): each total as a sum over the species, masters first."""
        return np.hstack([np.eye(len(self.masters)), self.exponents.T])

    def offsets(self, logs: FloatArray) -> FloatArray:
        """(rows, n) ln of each species where all masters are 1, for ln K (rows, steps of the block)."""
        return np.hstack([np.zeros((len(logs), len(self.masters))), logs[:, self.steps] @ self.weights.T])


class Settler:
    """Brings concentrations of one network to its fast equilibria."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.blocks = blocks_of(network)
        self.touched = np.array(sorted({i for block in self.blocks for i in block.species}), dtype=np.intp)
        self._columns = [
            {j: {i: c for i, c in column_of(network, j) if not network.constant[i]} for j in block.steps}
            for block in self.blocks
        ]
        self._known: dict[tuple[int, bytes], tuple[tuple[Form, ...], NDArray[np.intp]]] = {}

    # --- constants -------------------------------------------------------------------------------

    def logs(
        self, mechanism: Mechanism, parameters: Mapping[str, float], time: float, x: FloatArray
    ) -> list[FloatArray]:
        """ln K (steps,) of each block, with the derived values of a mechanism and these values of parameters, at a time
        and a state (n_species,).

        Raises:
            MechanismError: one is not above zero, or those of steps that depend on each other contradict.
        """
        place = self.network.species_index
        known: dict[str, float] = {}

        def value_of(symbol: Symbol) -> float:
            if symbol.kind == "time":
                return time
            if symbol.kind == "species":
                return float(x[place[symbol.name]])
            if symbol.kind == "parameter":
                return parameters[symbol.name]
            if symbol.name not in known:
                known[symbol.name] = evaluate(mechanism.expression_of(symbol.name), value_of)
            return known[symbol.name]

        return [self._logs_of(block, value_of) for block in self.blocks]

    @cached_property
    def _leaves(self) -> frozenset[Symbol]:
        """Parameters, species and the time, as far as equilibrium constants depend on them."""
        mechanism, found, seen = self.network.mechanism, set[Symbol](), set[str]()
        waiting: list[Expression] = [c for b in self.blocks for c in (*b.constants, *(c for _, c, _ in b.dependent))]
        while waiting:
            for symbol in symbols(waiting.pop()):
                if symbol.kind in ("parameter", "species", "time"):
                    found.add(symbol)
                elif symbol.name not in seen:
                    seen.add(symbol.name)
                    waiting.append(mechanism.expression_of(symbol.name))
        return frozenset(found)

    @cached_property
    def depends(self) -> frozenset[str]:
        """The parameters and species that equilibrium constants depend on."""
        return frozenset(symbol.name for symbol in self._leaves if symbol.kind != "time")

    @cached_property
    def timed(self) -> bool:
        """Whether an equilibrium constant changes in the course of a run."""
        network = self.network
        return any(
            symbol.kind == "time"
            or (symbol.kind == "species" and not network.constant[network.species_index[symbol.name]])
            for symbol in self._leaves
        )

    def _logs_of(self, block: Block, value_of: Callable[[Symbol], float]) -> FloatArray:
        logs = np.array([self._log(j, k, value_of) for j, k in zip(block.steps, block.constants, strict=True)])
        for j, constant, weights in block.dependent:
            check_dependent(self.network, block, j, self._log(j, constant, value_of), logs.tolist(), weights)
        return logs

    def _log(self, j: int, constant: Expression, value_of: Callable[[Symbol], float]) -> float:
        value = evaluate(constant, value_of)
        if value > 0.0 and math.isfinite(value):
            return math.log(value)
        reaction = self.network.mechanism.reactions[j]
        name = reaction.label or reaction.name
        message = f"the equilibrium constant of the fast step `{name}` must be above zero and finite; it is {value:g}"
        hint = "a constant species of the step is at 0" if value != value or value in (0.0, math.inf) else None
        raise MechanismError.of("E233", message, span=reaction.law.span, hint=hint)

    # --- states ----------------------------------------------------------------------------------

    def course(self, mechanism: Mechanism, times: FloatArray, x: FloatArray) -> FloatArray:
        """States (n_times, n_species) at equilibrium, at `times` (n_times,); errors as `logs`."""
        if not len(x):
            return x
        return self.rows(x, self.logs_over(mechanism, _values_of(mechanism), times, x))

    def logs_over(
        self, mechanism: Mechanism, parameters: Mapping[str, float], times: FloatArray, x: FloatArray
    ) -> list[FloatArray]:
        """ln K (n_times, steps) of each block; errors as `logs`."""
        if not self.timed:
            once = self.logs(mechanism, parameters, float(times[0]), x[0])
            return [np.broadcast_to(each, (len(x), len(each))) for each in once]
        found = [self.logs(mechanism, parameters, t, row) for t, row in zip(times.tolist(), x, strict=True)]
        return [np.array([each[b] for each in found]) for b in range(len(self.blocks))]

    def state(self, mechanism: Mechanism, time: float, x: FloatArray) -> FloatArray:
        """A state (n_species,) at equilibrium, with the values of a mechanism that differs in values alone; errors as
        `logs`."""
        logs = [each[None] for each in self.logs(mechanism, _values_of(mechanism), time, x)]
        return self.rows(x[None], logs)[0]

    def rows(self, x: FloatArray, logs: list[FloatArray]) -> FloatArray:
        """States (rows, n_species) at equilibrium, for ln K (rows, steps) of each block; values a little below zero
        count as zero.  A row that is not finite, or has no equilibrium, is ``nan``."""
        settled = np.array(x)
        with np.errstate(all="ignore"):
            for number, block in enumerate(self.blocks):
                species = np.array(block.species, dtype=np.intp)
                there = x[:, species] > 0.0
                good = np.isfinite(x[:, species]).all(axis=1) & np.isfinite(logs[number]).all(axis=1)
                settled[np.ix_(~good, species)] = np.nan
                masks, which = np.unique(there[good], axis=0, return_inverse=True)
                for k, mask in enumerate(masks):
                    at = np.flatnonzero(good)[which.ravel() == k]
                    forms, gone = self.forms(number, mask)
                    settled[np.ix_(at, gone)] = 0.0
                    for form in forms:
                        given = np.maximum(x[np.ix_(at, form.species)], 0.0)
                        settled[np.ix_(at, form.species)] = _solved(form, given, logs[number][at])
        return settled

    def forms(self, number: int, there: NDArray[np.bool_]) -> tuple[tuple[Form, ...], NDArray[np.intp]]:
        """What a block is where only some of its species are there at first: its parts, and species that stay away."""
        key = (number, there.tobytes())
        if key not in self._known:
            block, columns = self.blocks[number], self._columns[number]
            gone = _absent(block, columns, {i for i, t in zip(block.species, there, strict=True) if not t})
            kept = {j: column for j, column in columns.items() if not gone & column.keys()}
            order = {j: n for n, j in enumerate(block.steps)}
            forms = [_form(part, order) for part in (block_of_columns(kept, steps) for steps in together(kept))]
            self._known[key] = tuple(forms), np.array(sorted(gone), dtype=np.intp)
        return self._known[key]


def _values_of(mechanism: Mechanism) -> dict[str, float]:
    """Values of the parameters, ``nan`` where one has none."""
    return {p.name: math.nan if p.value is None else p.value for p in mechanism.parameters}


def check_dependent(
    network: Network, block: Block, j: int, own: float, logs: Sequence[float], weights: Sequence[Fraction]
) -> None:
    """Raises a MechanismError where a step that others make up has another constant than they give it: ln K `own`,
    against those of the block's steps, `logs`."""
    follows = math.fsum(float(w) * log for w, log in zip(weights, logs, strict=True) if w)
    if not abs(own - follows) > _SAME * max(1.0, abs(own)):
        return
    reactions = network.mechanism.reactions
    others = [reactions[i].label or reactions[i].name for i, w in zip(block.steps, weights, strict=True) if w]
    name = reactions[j].label or reactions[j].name
    message = (
        f"the fast step `{name}` follows from {listed(others)}, whose constants make its K {math.exp(follows):.6g}, "
        f"not {math.exp(own):.6g}"
    )
    hint = "leave it out, or give it the constant that follows"
    raise MechanismError.of("E284", message, span=reactions[j].law.span, hint=hint)


def _form(block: Block, order: dict[int, int]) -> Form:
    return Form(
        np.array(block.masters, dtype=np.intp),
        np.array([s.species for s in block.secondaries], dtype=np.intp),
        np.array([[float(e) for e in s.exponents] for s in block.secondaries]).reshape(
            len(block.secondaries), len(block.masters)
        ),
        np.array([[float(w) for w in s.weights] for s in block.secondaries]),
        np.array([order[j] for j in block.steps], dtype=np.intp),
    )


# --- what can be there at all ----------------------------------------------------------------------


def _absent(block: Block, columns: dict[int, dict[int, Fraction]], missing: set[int]) -> set[int]:
    """Species among those missing of which no extents of the steps make anything without taking from a missing one."""
    absent, sure = set(missing), set[int]()
    grown = True
    while grown and absent:
        grown = False
        for column in columns.values():
            for sign in (1, -1):
                used = {i for i, c in column.items() if sign * c < 0}
                made = {i for i, c in column.items() if sign * c > 0}
                if not used & absent and made & absent:
                    absent -= made
                    grown = True
    # a total of species that are all missing stays zero, and so do they
    for n, master in enumerate(block.masters):
        weights = {s.species: s.exponents[n] for s in block.secondaries if s.exponents[n]} | {master: Fraction(1)}
        if weights.keys() <= absent and min(weights.values()) > 0:
            sure |= weights.keys()
    return _by_programming(columns, missing, absent) if absent - sure else absent


def _by_programming(columns: dict[int, dict[int, Fraction]], missing: set[int], absent: set[int]) -> set[int]:
    """The same, where single steps do not tell: the largest set that some extents make something of."""
    from scipy.optimize import linprog

    steps, rows = list(columns), sorted(missing)
    # extents ξ and gains 0 <= g <= 1 with g_i <= (N ξ)_i: as many gains as can be
    n = len(steps)
    matrix = np.zeros((len(rows), n + len(rows)))
    for a, i in enumerate(rows):
        matrix[a, :n] = [-float(columns[j].get(i, 0)) for j in steps]
        matrix[a, n + a] = 1.0
    found: Any = linprog(
        np.r_[np.zeros(n), -np.ones(len(rows))], A_ub=matrix, b_ub=np.zeros(len(rows)),
        bounds=[(None, None)] * n + [(0.0, 1.0)] * len(rows), method="highs",
    )  # fmt: skip
    if found.status != 0:
        return absent
    made = {i for i, gain in zip(rows, found.x[n:], strict=True) if gain > 0.5}
    return absent - made


# --- Newton's method ---------------------------------------------------------------------------------


def _solved(form: Form, x: FloatArray, logs: FloatArray) -> FloatArray:
    """(rows, n) the species of a form at equilibrium, from any state (rows, n), masters first, with its totals."""
    totals = form.totals
    wanted = x @ totals.T
    offsets = form.offsets(logs)
    if not len(form.masters):  # constant species say how much there is of all others
        return np.exp(np.minimum(offsets, 690.0))
    # where there is nothing, what the constants let come into being, as in pure water
    size = x.max(axis=1, keepdims=True)
    size = np.where(size > 0.0, size, np.exp(-0.5 * np.abs(offsets).max(axis=1, keepdims=True)))
    m = len(form.masters)
    masters = np.log(np.where(x[:, :m] > 0.0, x[:, :m], 1e-6 * size))
    masters = _lowered(totals, offsets - np.log(size), masters)
    before = np.full((len(x), 1), np.inf)
    for step in range(_MOST_STEPS):
        found = np.exp(np.minimum(masters @ totals + offsets, 690.0))
        change = _step(totals, found, wanted)
        longest = np.abs(change).max(axis=1, keepdims=True)
        change *= np.minimum(1.0, _LONGEST / np.maximum(longest, 1e-300))
        if step > 2:
            change *= _shortened(totals, offsets, wanted, masters, found, change)
        masters = masters + change
        # what no longer becomes smaller is rounding
        done = (longest <= _SMALL) | ((longest < _ROUNDING) & (longest >= 0.5 * before))
        if done.all():
            break
        before = longest
    else:
        found[(longest > _ROUNDING).ravel()] = np.nan
        return found
    return np.exp(np.minimum(masters @ totals + offsets, 690.0))


def _lowered(totals: FloatArray, offsets: FloatArray, masters: FloatArray) -> FloatArray:
    """Logarithms of masters at which no species is far above what there is, from which Newton's method takes few
    steps: the nearest ones to those given, one species after the other (Kaczmarz, 1937)."""
    rows = np.arange(len(masters))
    weights = totals / np.maximum((totals * totals).sum(axis=0), 1e-300)
    for _ in range(_MOST_LOWERED):
        above = masters @ totals + offsets
        most = above.argmax(axis=1)
        excess = above[rows, most]
        if not (excess > 1.0).any():
            break
        masters = masters - np.maximum(excess - 0.5, 0.0)[:, None] * weights.T[most]
    return masters


def scaled_slopes(totals: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The derivatives L diag(x) Lᵀ of totals L x by the logarithms of the masters, (rows, m, m), scaled from both sides
    to ones on the diagonal, and the scale (rows, m)."""
    matrix = np.einsum("ik,rk,jk->rij", totals, x, totals)
    scale = 1.0 / np.sqrt(np.maximum(np.einsum("rii->ri", matrix), 1e-300))
    return matrix * scale[:, :, None] * scale[:, None, :], scale


def _step(totals: FloatArray, found: FloatArray, wanted: FloatArray) -> FloatArray:
    """Newton's step in the logarithms of the masters."""
    gradient = found @ totals.T - wanted
    scaled, scale = scaled_slopes(totals, found)
    scaled += 1e-15 * np.eye(len(totals))
    change: FloatArray = -np.linalg.solve(scaled, (gradient * scale)[:, :, None])[:, :, 0] * scale
    return np.where(np.isfinite(change), change, 0.0)


def _shortened(
    totals: FloatArray, offsets: FloatArray, wanted: FloatArray, masters: FloatArray, found: FloatArray,
    change: FloatArray,
) -> FloatArray:  # fmt: skip
    """(rows, 1) the part of a step that leads down: all of it unless the convex function rises beyond rounding."""
    size = np.abs(found).sum(axis=1) + np.abs(wanted * masters).sum(axis=1)
    before = found.sum(axis=1) - (wanted * masters).sum(axis=1)
    part = np.ones(len(found))
    for _ in range(30):
        trial = masters + part[:, None] * change
        after = np.exp(np.minimum(trial @ totals + offsets, 690.0)).sum(axis=1) - (wanted * trial).sum(axis=1)
        worse = after > before + 1e-12 * size
        if not worse.any():
            break
        part = np.where(worse, 0.5 * part, part)
    return part[:, None]
