"""What `propose` found: sets of steps in order, each with constants that fit and as text for a mechanism's file."""

from __future__ import annotations

from collections.abc import Sequence

from mscnet.inference.candidates import Candidate, Candidates, side_text
from mscnet.inference.step_model import Scales, with_steps
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import TIME
from mscnet.records import dataclass

#: A difference of the criterion below this is "not worth more than a bare mention" (R. E. Kass, A. E. Raftery, J. Am.
#: Stat. Assoc. 1995, 90, 773).
WORTH = 2.0
#: One below this is "positive" evidence, but not "strong" (there).
STRONG = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A set of steps that explains the data.

    `constants` belong to `reactions`, in the file's units; `others` are the file's own free parameters.  `weight` is
    exp(-½ Δ) of the criterion over that of all sets that were fitted, those aside that contain a better one.  `rms` is
    that of the residuals in standard deviations.  `ties` are the ranks of proposals of the same size that fit as well.
    `unaided`: it was found before the search was told the file's pathways.
    """

    rank: int
    reactions: tuple[Candidate, ...]
    constants: tuple[float, ...]
    others: tuple[tuple[str, float], ...]
    score: float
    bic: float
    aicc: float
    weight: float
    log_likelihood: float
    n_parameters: int
    rms: float
    ties: tuple[int, ...] = ()
    pathway: str | None = None
    unaided: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where a pathway of the file stands: its `rank` among all sets that were fitted (those aside that contain a better
    one), how much its criterion is above the best, why it has no rank, and whether the search had come to it before it
    was told."""

    pathway: str
    rank: int | None
    difference: float
    rms: float
    note: str = ""
    unaided: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """The best sets, the file's own pathways among them, and how they were found.

    `base` is the mechanism that every set is added to.  `fits` counts exact fits, `evaluations` runs of the model.
    """

    base: Mechanism
    candidates: Candidates
    scales: Scales
    criterion: str
    proposals: tuple[Proposal, ...]
    pathways: tuple[Standing, ...]
    n_data: int
    fits: int
    evaluations: int
    seconds: float
    method: str
    factor: str | None = None
    interrupted: bool = False
    finished: bool = True

    def __repr__(self) -> str:
        return f"<Proposals for {self.base.name}: {len(self.proposals)} of {self.fits} sets fitted>"

    def __len__(self) -> int:
        return len(self.proposals)

    def __getitem__(self, number: int) -> Proposal:
        return self.proposals[number]

    def mechanism(self, proposal: Proposal) -> Mechanism:
        """The mechanism with the steps of a proposal and the values that were fitted."""
        model = with_steps(self.base, proposal.reactions, self.scales, values=proposal.constants, factor=self.factor)
        return model.with_values(dict(proposal.others))

    def text(self, proposal: Proposal) -> str:
        """A proposal as a pathway that can be pasted into the file: constants as free parameters, then steps."""
        return pathway_text(self.base, proposal, self.scales, self.factor)


def pathway_text(base: Mechanism, proposal: Proposal, scales: Scales, factor: str | None = None) -> str:
    """See `Proposals.text`."""
    stem = f"proposal{proposal.rank}"
    lines, steps, done = [], [], set()
    values = dict(zip(proposal.reactions, proposal.constants, strict=True))
    names = {reaction: f"k{i + 1}_{stem}" for i, reaction in enumerate(proposal.reactions)}
    for reaction, name in names.items():
        unit = constant_unit(base, reaction.order)
        low, high = scales.bounds(reaction.order)
        lines.append(f"    parameter {name} = {values[reaction]:.6g} {unit} in {low:.3g} .. {high:.3g} log")
    for reaction, name in names.items():
        if reaction in done:
            continue
        back = reaction.reversed if reaction.reversed in values else None
        laws = [name] if back is None else [name, names[back]]
        arrow = "->" if back is None else "<->"
        done |= {reaction} if back is None else {reaction, back}
        law = ", ".join(f"{factor}*{law}" if factor else law for law in laws)
        steps.append(f"    {side_text(reaction.reactants)} {arrow} {side_text(reaction.products)}   @ {law}")
    return "\n".join([f"pathway {stem} {{", *lines, *steps, "}"])


def constant_unit(base: Mechanism, order: int) -> str:
    """The file's unit of a rate constant of this order."""
    concentration = base.species[0].dimension if base.species else base.units.concentration.dimension
    return base.units.describe(TIME**-1 * concentration ** (1 - order))


def worth_listing(scored: Sequence[tuple[frozenset[int], float]]) -> list[frozenset[int]]:
    """Of sets with their criterion, best first, those that say something of their own.

    A set is left out that contains one which is better by `WORTH` or more: the data speak against its further steps
    (Occam's window: D. Madigan, A. E. Raftery, J. Am. Stat. Assoc. 1994, 89, 1535).  And of sets that are better than
    one which all of them contain, but by less than `STRONG`, only the best is listed: the others' further steps explain
    the same scatter.
    """
    found: list[tuple[frozenset[int], float]] = []
    for steps, score in scored:
        if any(better < steps and score - least >= WORTH for better, least in found):
            continue
        weak = [part for part, least in scored if part < steps and least - score < STRONG]
        if not any(part < other for part in weak for other, _ in found):
            found.append((steps, score))
    return [steps for steps, _ in found]
