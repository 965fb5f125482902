"""Dimensions of a whole mechanism: those of species, parameters, derived values and observables."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

from mscnet.checkpoint import checkpoint
from mscnet.diagnostics import Fix, Related, Span
from mscnet.language.dimensions import Dimensions, Form, Mismatch, Unknown, add, form_of, polynomial_of
from mscnet.language.scope import Reporter, Scope
from mscnet.language.whole_laws import REMEDY, as_whole_law, holds_its_reactants
from mscnet.mechanism.expression import Expression, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Parameter, Reaction, Species, Term, as_expression
from mscnet.mechanism.units import NONE, TIME, Dimension
from mscnet.records import replace

if TYPE_CHECKING:
    from mscnet.language.compartment_dimensions import Places
    from mscnet.language.protocol_dimensions import BenchDimensions
    from mscnet.mechanism.thermo import Equilibrium

_PER_TIME: Form = {("time", ()): Fraction(-1)}


def assign_dimensions(
    mechanism: Mechanism,
    scope: Scope,
    concentration: Dimension,
    report: Reporter,
    alike: Mapping[int, int] | None = None,
) -> Mechanism:
    """The mechanism with every dimension that follows from its text; mismatches are reported.

    Laws that are one object, or `alike` by the ids of their expressions, are looked at once an order.  With ``option
    dimensions = free`` nothing is asked, and numbers are what they are in the file's units.
    """
    if mechanism.option("dimensions") == "free":
        species = tuple(replace(s, dimension=concentration) for s in mechanism.species)
        counted = mechanism.structure and mechanism.structure.with_dimension(concentration)
        return replace(mechanism, species=species, structure=counted)
    return _Inference(mechanism, scope, concentration, report, alike or {}).run()


def record_dimensions(
    mechanism: Mechanism, scope: Scope, concentration: Dimension, report: Reporter
) -> list[tuple[Expression, Dimension | None]]:
    """Every bare number of a mechanism with its dimension, and every product that lacks a constant with that of the
    constant; None where it is not known."""
    inference = _Inference(mechanism, scope, concentration, report, {})
    inference.dimensions.recorded = []
    inference.run()
    of, exact = inference.dimensions.dimension, inference.exact.get
    return [(node, of(form, exact)) for node, form in inference.dimensions.recorded]


class _Inference:
    def __init__(
        self,
        mechanism: Mechanism,
        scope: Scope,
        concentration: Dimension,
        report: Reporter,
        alike: Mapping[int, int],
    ) -> None:
        self.mechanism, self.scope, self.report = mechanism, scope, report
        self.alike = alike
        #: Laws of families that have been looked at, with what they must come to.
        self._met: set[tuple[int, int, str | None]] | None = set() if report.families else None
        self.concentration = concentration
        self.plain = form_of(concentration)
        #: With scales of the file's own (`unit c0`), species may be measured in different ones.
        self.mixed = bool(mechanism.units.scales) or any(
            s.dimension not in (NONE, concentration) for s in mechanism.species
        )
        #: Dimensions of the species of a file with compartments, and of the rates of its steps by their places.
        self.places: Places | None = None
        if mechanism.compartments:
            from mscnet.language.compartment_dimensions import Places

            self.places, self.mixed = Places(mechanism, concentration), True
        self.exact = {p.name: Fraction(repr(p.value)) for p in mechanism.parameters if p.value is not None}
        self.dimensions = Dimensions(mechanism.units, report, self._of_symbol, self.exact.get)
        self.declared = {(p.name, p.pathway): p for p in mechanism.parameters}
        self.derived: dict[tuple[str, str | None], Form] = {}
        self._expected: dict[Fraction | int, Form] = {}
        self._rate = add(self.plain, _PER_TIME)
        self._kept: list[Form] = []
        #: Dimensions of what only an experiment or a fact knows, by kind and name, while it is looked at.
        self.loops: dict[str, Form] = {}
        self.local: dict[tuple[str, str], Form] = {}
        #: Constant species that the equilibrium constants of fast steps leave out, by name and pathway of the step.
        self._left_out: dict[tuple[str, str | None], tuple[Term, ...]] = {}

    def run(self) -> Mechanism:
        if self.mixed:
            self._imported_scales()
        self._initial_values()
        bench = self._bench()
        if bench is not None:
            bench.stocks()
        if self.mixed and self.places is None:
            self._scales()
        for count in self.mechanism.structure.counts if self.mechanism.structure is not None else ():
            self.derived[count.name, count.pathway] = self.plain
        self.dimensions.meet(self.scope.claims)
        for item in self.mechanism.derived:
            self.derived[item.name, item.pathway] = self.dimensions.infer(item.expression, item.pathway)
        broken = self._derived_pathways() if self.scope.derived else ()
        for reaction in self.mechanism.reactions:
            if reaction.pathway not in self.scope.derived or reaction.pathway not in broken:
                self.report.origin = reaction
                self._reaction(reaction)
        self.report.origin = None
        if self.mechanism.structure is not None:
            from mscnet.language.rule_dimensions import check_structure

            check_structure(self.mechanism.structure, self.dimensions, self.plain, self.report)
        if bench is not None:
            bench.experiments()
        if self.mechanism.events:
            self._events()
        self._observations()
        self.dimensions.settle()
        return self._assigned()

    def _bench(self) -> BenchDimensions | None:
        """What checks the bottles and experiments, for a file that has some."""
        if not (self.mechanism.stocks or self.mechanism.experiments):
            return None
        from mscnet.language.protocol_dimensions import BenchDimensions

        return BenchDimensions(self.mechanism, self.dimensions, self._of_species, self.loops)

    def _observations(self) -> None:
        """What was seen: bands, data and facts."""
        m = self.mechanism
        if m.bands or m.instrument:
            from mscnet.language.optics import check_optics

            check_optics(m.bands, m.instrument, self.dimensions, self._of_species)
        if m.facts or m.data_files:
            from mscnet.language.fact_dimensions import FactDimensions

            FactDimensions(m, self.dimensions, self.loops, self.local).check()

    def _events(self) -> None:
        from mscnet.language.event_dimensions import EventDimensions

        check = EventDimensions(self.mechanism, self.dimensions, self._of_symbol)
        self.mechanism = replace(self.mechanism, events=check.events())

    # --- forms of names ---

    def _of_symbol(self, symbol: Symbol, pathway: str | None) -> Form:
        name = symbol.name
        match symbol.kind:
            case "species":
                return self._of_species(name, pathway)
            case "time":
                return form_of(TIME)
            case "loop":  # one experiment at a time: see `protocol_dimensions`
                return self.loops.setdefault(name, {(("variable " + name, None), ()): Fraction(1)})
            case "reactant":
                return self.plain
            case "local":  # a number of matches
                return {}
            case "reading" | "feature":  # one fact at a time: see `fact_dimensions`
                return self.local.get((symbol.kind, name), {})
            case "parameter":
                key = (name, self.scope.home(name, pathway))
                declared = self.declared.get(key)
                if declared is not None and declared.dimension is not None:
                    return form_of(declared.dimension)
                return {(key, ()): Fraction(1)}
        key = (name, self.scope.home(name, pathway))
        return self.derived.setdefault(key, {(("=" + name, key[1]), ()): Fraction(1)})

    def _of_species(self, name: str, pathway: str | None) -> Form:
        if not self.mixed:
            return self.plain
        if self.places is not None:
            return self.places.of_species(name)
        return {(("[" + name, self.scope.home(name, pathway)), ()): Fraction(1)}

    # --- equations ---

    def _initial_values(self) -> None:
        for species in self.mechanism.species:
            if species.initial is None:
                continue
            form = self.dimensions.infer(species.initial, species.pathway)
            self._scale_of_initial(species, form)

    def _scale_of_initial(self, species: Species, form: Form) -> None:
        own = self._of_species(species.name, species.pathway)
        if self.mixed and self.places is None and not self._is_concentration(self.dimensions.dimension(form)):
            own = self.plain
        try:
            self.dimensions.equate(form, own, species.span)
        except Mismatch as error:
            assert species.initial is not None
            shown = self.dimensions.shown
            message = f"the initial value of `{species.name}` is {shown(error.first)}, not {shown(error.second)}"
            self.dimensions.complain(species.initial, message)

    def _is_concentration(self, dimension: Dimension | None) -> bool:
        from mscnet.mechanism.units import CONCENTRATION

        scales = [unit.dimension for unit in self.mechanism.units.scales]
        return dimension is None or dimension == CONCENTRATION or dimension in scales

    def _imported_scales(self) -> None:
        """Imported species have their scales already."""
        for species in self.mechanism.species:
            if species.dimension != NONE:
                own = self._of_species(species.name, species.pathway)
                try:
                    self.dimensions.equate(own, form_of(species.dimension), species.span)
                except Mismatch as error:
                    here, there = self.dimensions.shown(error.first), self.dimensions.shown(error.second)
                    self.report.at("E020", f"`{species.name}` is {here} here, and {there} in its file", species.span)

    def _scales(self) -> None:
        """Species of one reaction are measured on one scale; those that nothing ties down, on the file's."""
        for reaction in self.mechanism.reactions:
            terms = (*reaction.reactants, *reaction.products)
            for term in terms[1:]:
                first, own = (self._of_species(t.species, reaction.pathway) for t in (terms[0], term))
                try:
                    self.dimensions.equate(own, first, term.span)
                except Mismatch as error:
                    shown = self.dimensions.shown
                    message = f"`{term.species}` is {shown(error.first)}, `{terms[0].species}` {shown(error.second)}"
                    self._report(message, term.span, "species that react with each other need one scale")
        for species in self.mechanism.species:
            form = self._of_species(species.name, species.pathway)
            if self.dimensions.dimension(form) is None:
                self.dimensions.equate(form, self.plain, species.span)

    def _reaction(self, reaction: Reaction) -> None:
        law = reaction.law
        if reaction.equilibrium is not None:
            return self._equilibrium(reaction, reaction.equilibrium)
        if self.places is not None and not self.places.known(reaction):
            return
        expected = self._wanted(reaction)
        if self._met is not None and not self.mixed:
            mark = id(law.expression)
            key = self.alike.get(mark, mark), id(expected), reaction.pathway
            if key in self._met:
                return
            self._met.add(key)
            self._kept.append(expected)  # alive, so that no other has its id
            if mark in self.alike:
                self.report.origin = None  # what is wrong with this law is so in every member
        form = self.dimensions.infer(law.expression, reaction.pathway)
        if self.dimensions.complained:
            return
        try:
            self.dimensions.equate(form, expected, law.expression.span)
        except Mismatch as error:
            self._law_mismatch(reaction, error)

    def _equilibrium(self, reaction: Reaction, equilibrium: Equilibrium) -> None:
        """Of a law that follows from its partner's, the equilibrium constant alone is looked at."""
        terms = (reaction.products, reaction.reactants)
        products, reactants = reversed(terms) if reaction.reverse else terms
        wanted: Form = {}
        for sign, side in ((1, products), (-1, reactants)):
            for term in side:
                wanted = add(wanted, self._raised(term, reaction.pathway), sign)
        if equilibrium.source == "energies":
            if self.dimensions.recorded is not None:  # its energies have been checked where they stand
                self.dimensions.infer(equilibrium.constant, reaction.pathway)
            return self._standard(wanted, equilibrium)
        form = self.dimensions.infer(equilibrium.constant, reaction.pathway)
        if self.dimensions.complained:
            return
        try:
            self.dimensions.equate(form, wanted, equilibrium.constant.span)
        except Mismatch as error:
            if reaction.law.kind == "fast" and self._leaves_out(reaction, form, wanted):
                return None
            shown = self.dimensions.shown
            message = f"this equilibrium constant is {shown(error.first)}; it must be {shown(error.second)}"
            sides = (_monomial(side) for side in (products, reactants))
            above, below = sides
            below = f"/({below})" if "*" in below else f"/{below}"
            hint = f"at equilibrium it is {above}{below.removesuffix('/1')}"
            if reaction.law.kind == "fast" and (solvent := self._solvent(reaction, form, wanted)):
                hint += f"; if `{solvent}` is the solvent, declare it and it is left out: `species {solvent} constant`"
            self._report(message, equilibrium.constant.span or equilibrium.span, hint)

    def _solvent(self, reaction: Reaction, form: Form, wanted: Form) -> str | None:
        """The species without which a constant would have its dimension."""
        for sign, side in ((-1, reaction.products), (1, reaction.reactants)):
            for term in side:
                raised = self._raised(term, reaction.pathway)
                if self.dimensions.normal(add(wanted, raised, sign)) == self.dimensions.normal(form):
                    return term.species
        return None

    def _leaves_out(self, reaction: Reaction, form: Form, wanted: Form) -> bool:
        """Whether a constant has the dimension of one that leaves constant species out, as chemists leave a solvent
        out; as few as may be are then left out."""
        constant = {s.name for s in self.mechanism.species if s.constant and s.pathway in (None, reaction.pathway)}
        sides = [(1, t) for t in reaction.reactants] + [(-1, t) for t in reaction.products]
        held = [(sign, term) for sign, term in sides if term.species in constant]
        for count in range(1, len(held) + 1):
            for chosen in combinations(held, count):
                without = wanted
                for sign, term in chosen:
                    without = add(without, self._raised(term, reaction.pathway), sign)
                with suppress(Mismatch):
                    self.dimensions.equate(form, without, None)
                    self._left_out[reaction.name, reaction.pathway] = tuple(term for _, term in chosen)
                    return True
        return False

    def _standard(self, wanted: Form, equilibrium: Equilibrium) -> None:
        """c° is a concentration in mol/L: a scale of the file's own has no such."""
        scales = {unit.symbol for unit in self.mechanism.units.scales}
        own = [str(atom) for atom, _ in self.dimensions.normal(wanted) if atom in scales]
        if own:
            message = f"energies hold against c° = 1 mol/L, and how much that is in {own[0]} is not known"
            self._report(message, equilibrium.span, "give the equilibrium constant: `K = …`")

    def _wanted(self, reaction: Reaction) -> Form:
        """The dimension that a law's expression must have: a rate, over the concentrations that multiply it."""
        if reaction.law.kind == "general":
            if not self.mixed:
                return self._rate
            return add(self._target(reaction), _PER_TIME)
        orders = [term.coefficient for term in reaction.orders if isinstance(term.coefficient, Fraction)]
        if not self.mixed and len(orders) == len(reaction.orders):
            total = sum([1 if order == 1 else order for order in orders])
            expected = self._expected.get(total)
            if expected is None:
                expected = add(add({}, self.plain, 1 - total), _PER_TIME)
                self._expected[total] = expected
            return expected
        form = add(self._target(reaction), _PER_TIME)
        for term in reaction.orders:
            form = add(form, self._raised(term, reaction.pathway), -1)
        return form

    def _target(self, reaction: Reaction) -> Form:
        terms = (*reaction.reactants, *reaction.products)
        if self.places is not None:
            return self.places.of_reaction(reaction)
        return self._of_species(terms[0].species, reaction.pathway) if terms else self.plain

    def _raised(self, term: Term, pathway: str | None) -> Form:
        own = self._of_species(term.species, pathway)
        order = as_expression(term.written)
        polynomial = polynomial_of(order)
        form: Form = {}
        for names, value in (polynomial or {}).items():
            form = add(form, {(a, tuple(sorted((*n, *names)))): e for (a, n), e in own.items()}, value)
        return form

    def _derived_pathways(self) -> set[str]:
        """A value of a derived pathway has the dimension of what it stands in place of; the pathways where not."""
        for reaction in self.mechanism.reactions:
            if reaction.pathway not in self.scope.derived:
                self._reaction(reaction)
        broken = set(self.scope.broken)
        for twin in self.scope.twins:
            new, old = self.scope.find(twin.name, twin.pathway), self.scope.find(twin.name, twin.home)
            if new is None or old is None or "function" in (new.kind, old.kind):
                continue
            forms = [
                self._of_symbol(Symbol(twin.name, entry.kind), pathway)  # type: ignore[arg-type]
                for entry, pathway in ((new, twin.pathway), (old, twin.home))
            ]
            try:
                self.dimensions.equate(forms[0], forms[1], twin.span)
            except Mismatch as error:
                shown = self.dimensions.shown
                message = f"`{twin.name}` is {shown(error.first)} here; otherwise it is {shown(error.second)}"
                self.report.at("E020", message, twin.span)
                broken.add(twin.pathway)
        return broken

    # --- messages ---

    def _law_mismatch(self, reaction: Reaction, error: Mismatch) -> None:
        shown, expression = self.dimensions.shown, reaction.law.expression
        wanted, given = shown(error.second), shown(error.first)
        fixes: tuple[Fix, ...] = ()
        hint: str | None = "a constant is missing, or one has another unit; in scaled equations write it as 1: `1*…`"
        if reaction.law.kind == "mass_action" and reaction.orders:
            monomial = "*".join(_power_text(term) for term in reaction.orders)
            hint = f"the rate is this times {monomial}, and must come out as concentration per time"
            if holds_its_reactants(reaction):
                hint, fixes = f"{hint}; {REMEDY}", as_whole_law(reaction, True)
        if self.places is not None:
            hint = self.places.hint(reaction)
        related: tuple[Related, ...] = ()
        if isinstance(expression, Symbol) and expression.kind == "parameter":
            message = f"the rate constant `{expression.name}` is {given}; here it must be {wanted}"
            related = self._first_use(expression, reaction.pathway)
        else:
            what = "rate constant" if reaction.law.kind == "mass_action" else "rate law"
            message = f"this {what} is {given}; it must be {wanted}"
        self._report(message, expression.span or reaction.law.span, hint, related, fixes)

    def _first_use(self, symbol: Symbol, pathway: str | None) -> tuple[Related, ...]:
        key: Unknown = (symbol.name, self.scope.home(symbol.name, pathway))
        declared = self.declared.get(key)  # type: ignore[arg-type]
        if declared is not None and declared.dimension is not None and declared.span is not None:
            return (Related("declared here", declared.span),)
        fixed = self.dimensions.fixed_at.get(key)
        return (Related("another use fixes its dimension here", fixed),) if fixed is not None else ()

    def _report(
        self,
        message: str,
        span: Span | None,
        hint: str | None,
        related: tuple[Related, ...] = (),
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        self.report.at("E020", message, span, hint, related, fixes)

    # --- results ---

    def _assigned(self) -> Mechanism:
        m = self.mechanism
        of = self.dimensions.dimension

        def derived(name: str, pathway: str | None) -> Dimension | None:
            return of(self.derived[name, pathway], self.exact.get)

        if self.mixed:
            species = tuple(
                replace(s, dimension=of(self._of_species(s.name, s.pathway)) or self.concentration) for s in m.species
            )
        else:
            species = tuple(replace(s, dimension=self.concentration) for s in m.species)
        reactions = m.reactions
        if self._left_out:
            left_out = self._left_out
            reactions = tuple(replace(r, orders=left_out.get((r.name, r.pathway), r.orders)) for r in reactions)
        return replace(
            m,
            species=species,
            structure=m.structure and m.structure.with_dimension(self.concentration),
            reactions=reactions,
            parameters=self._parameters(),
            definitions=tuple(replace(d, dimension=derived(d.name, d.pathway)) for d in m.definitions),
            observables=tuple(replace(o, dimension=derived(o.name, o.pathway)) for o in m.observables),
        )

    def _parameters(self) -> tuple[Parameter, ...]:
        """Parameters with their dimensions; a copy that a derived pathway does not use has that of the first one."""
        made = tuple(self._with_dimension(p) for p in self.mechanism.parameters)
        if not self.scope.derived:
            return made
        known = {(p.name, p.span): p for p in reversed(made) if p.dimension is not None}
        twins = [known.get((p.name, p.span), p) if p.dimension is None else p for p in made]
        return tuple(replace(p, dimension=t.dimension, unit=t.unit) for p, t in zip(made, twins, strict=True))

    def _with_dimension(self, parameter: Parameter) -> Parameter:
        checkpoint()
        if parameter.dimension is not None:
            return parameter
        form: Form = {((parameter.name, parameter.pathway), ()): Fraction(1)}
        dimension = self.dimensions.dimension(form, self.exact.get)
        if dimension is None and parameter.name in self.mechanism.sizes:
            dimension = NONE  # says how large a family is
        if dimension is None:
            return parameter
        return replace(parameter, dimension=dimension, unit=self.mechanism.units.describe(dimension))


def _monomial(terms: tuple[Term, ...]) -> str:
    return "*".join(_power_text(term) for term in terms) or "1"


def _power_text(term: Term) -> str:
    from mscnet.mechanism.expression import number_text, to_text

    if term.coefficient == 1:
        return f"[{term.species}]"
    if isinstance(term.coefficient, Fraction):
        return f"[{term.species}]^{number_text(term.coefficient)}"
    return f"[{term.species}]^({to_text(term.coefficient)})"
