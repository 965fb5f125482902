"""General rate laws: evaluated together, all laws of one shape at a time.

A law here is a whole rate law, or a mass-action coefficient that varies times its monomial.  Its slots are
gathered from the state, so a shape with a thousand laws costs one call over arrays of a thousand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mscnet.kinetics.blocks import Block, FloatArray, IntArray, Pattern, finite
from mscnet.kinetics.compile import CompiledShape, compile_shape
from mscnet.kinetics.shapes import LinearForm, ShapedLaw
from mscnet.kinetics.tables import evaluate_all
from mscnet.mechanism.expression import Expression
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, field, replace


def build_laws(laws: Sequence[tuple[int, ShapedLaw]], n_species: int, mechanism: Mechanism) -> list[Block]:
    """One block for each shape among `laws`, which are (reaction index, law) pairs."""
    grouped: dict[object, list[tuple[int, ShapedLaw]]] = defaultdict(list)
    shared: list[Block] = []
    for index, law in laws:
        if law.shares:
            from mscnet.kinetics.shared_laws import shared_law

            shared.append(shared_law(index, law, n_species, mechanism))
        else:
            grouped[law.key].append((index, law))
    return [*(_build(m[0][1].shape, m, n_species, mechanism) for m in grouped.values()), *shared]


def _build(
    shape: Expression, members: list[tuple[int, ShapedLaw]], n_species: int, mechanism: Mechanism
) -> LawsOfShape:
    laws = [law for _, law in members]
    used = {id(form): form for law in laws for form in law.forms}
    number = {key: i for i, key in enumerate(used)}
    statics = tuple(value for column in zip(*(law.statics for law in laws), strict=True) for value in column)
    return LawsOfShape(
        reactions=np.array([index for index, _ in members]),
        shape=shape,
        n_species=n_species,
        slots=np.array([law.species for law in laws], dtype=np.int64).reshape(len(laws), -1).T,
        form_slots=np.array([[number[id(f)] for f in law.forms] for law in laws], np.int64).reshape(len(laws), -1).T,
        forms=LinearForms.build(tuple(used.values()), n_species, mechanism),
        statics=statics,
        values=evaluate_all(statics, mechanism).reshape(-1, len(laws)),
        timed=laws[0].timed,
    )


@dataclass(frozen=True, eq=False)
class LinearForms:
    """Sums over many species that laws use as one slot: `matrix` @ extended state."""

    forms: tuple[LinearForm, ...] = field(repr=False)
    matrix: csr_array

    @classmethod
    def build(cls, forms: tuple[LinearForm, ...], n_species: int, mechanism: Mechanism) -> LinearForms:
        rows, columns, weights = [], [], []
        for row, form in enumerate(forms):
            rows += [row] * (len(form.weights) + 1)
            columns += [*(species for species, _ in form.weights), n_species]
            weights += [*(mechanism.evaluate(w) for _, w in form.weights), mechanism.evaluate(form.constant)]
        return cls(forms, csr_array((weights, (rows, columns)), shape=(len(forms), n_species + 1), dtype=float))


@dataclass(frozen=True, eq=False)
class LawsOfShape:
    """The laws that share one shape.

    `slots` (species slots, laws) and `form_slots` (form slots, laws) say what to gather, `values`
    (static slots, laws) holds the static values.  Picklable: compiled functions are rebuilt when needed.
    """

    reactions: IntArray
    shape: Expression = field(repr=False)
    n_species: int
    slots: IntArray
    form_slots: IntArray
    forms: LinearForms
    statics: tuple[Expression, ...] = field(repr=False)
    values: FloatArray
    timed: bool

    @property
    def entries(self) -> int:
        return self.slots.size + self.form_slots.size

    def pattern(self) -> Pattern:
        """Species slots go to one column each, form slots to all species of the form, by weight."""
        n_laws = len(self.reactions)
        entry, species = np.arange(self.slots.size), self.slots.ravel()
        weight = np.ones(self.slots.size)
        if self.form_slots.size:
            chosen = self.forms.matrix[:, : self.n_species][self.form_slots.ravel()].tocoo()
            entry = np.concatenate([entry, self.slots.size + chosen.row])
            species = np.concatenate([species, chosen.col])
            weight = np.concatenate([weight, chosen.data])
        return Pattern(entry, self.reactions[entry % n_laws], species, weight)

    def rates(self, time: float, state: NDArray[Any]) -> NDArray[Any]:
        value = self._compiled.rate(*self._arguments(time, state))
        return np.broadcast_to(value, self.reactions.shape)

    def derivatives(self, time: float, state: FloatArray) -> FloatArray:
        slopes = self._compiled.derivatives(*self._arguments(time, state))
        out = np.empty((len(slopes), len(self.reactions)))
        for row, slope in enumerate(slopes):
            out[row] = slope
        return finite(out.ravel())

    def with_values(self, mechanism: Mechanism) -> Block:
        forms = self.forms
        if forms.forms:
            forms = LinearForms.build(forms.forms, self.n_species, mechanism)
        values = evaluate_all(self.statics, mechanism).reshape(self.values.shape)
        return replace(self, values=values, forms=forms)

    def _arguments(self, time: float, state: NDArray[Any]) -> list[Any]:
        arguments: list[Any] = [time, *state[self.slots]]
        if self.form_slots.size:
            arguments.extend((self.forms.matrix @ state)[self.form_slots])
        arguments.extend(self.values)
        return arguments

    @cached_property
    def _compiled(self) -> CompiledShape:
        return compile_shape(self.shape, len(self.slots), len(self.form_slots), len(self.values))

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_compiled"}
