"""Checks of a whole mechanism: a table of rules, each a function that reports what it finds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction

from mscnet.checkpoint import checkpoint
from mscnet.diagnostics import Fix, Related, Span, appending, suggest
from mscnet.language.removals import without_declaration, without_statement
from mscnet.language.scope import Reporter
from mscnet.language.whole_laws import whole_laws
from mscnet.mechanism.expression import Expression, Number, Symbol, exact_value, number_text, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.members import stem_and_indices
from mscnet.mechanism.types import Composition, LinearForm, Reaction, Species, Term

Rule = Callable[[Mechanism, Reporter], None]


def run_checks(mechanism: Mechanism, report: Reporter, strict: bool) -> None:
    """Report everything that the rules find; `strict` adds those that only ``check --strict`` runs.

    Rules that look at what is missing or idle wait until the text has no error: they would only repeat it.
    """
    balance(mechanism, report)
    report.origin = None
    if any(found.severity == "error" for found in report.found.values()):
        return
    if mechanism.structure is not None:
        from mscnet.language.rule_checks import check_rules, idle_rules

        if not check_rules(mechanism, report):
            return
        idle_rules(mechanism, report)
    for rule in (*RULES, *(STRICT_RULES if strict else ())):
        checkpoint()
        rule(mechanism, report)
        report.origin = None


def _report(
    report: Reporter,
    code: str,
    message: str,
    span: Span | None,
    hint: str | None = None,
    fixes: tuple[Fix, ...] = (),
) -> None:
    report.at(code, message, span, hint, (), fixes)


# --- balance -----------------------------------------------------------------------------------


def balance(mechanism: Mechanism, report: Reporter) -> None:
    """Elements and charge, in every reaction whose species all have a composition."""
    by_place = {(s.name, s.pathway): s for s in mechanism.species}
    if not any(s.composition or s.charge for s in mechanism.species):
        return
    for reaction in mechanism.reactions:
        if reaction.reverse:
            continue
        checkpoint()
        report.origin = reaction
        sides = [_members(terms, reaction, by_place) for terms in (reaction.reactants, reaction.products)]
        left, right = sides
        if left is None or right is None or not (left and right) or reaction.span is None:
            continue
        unbalanced = _balance_elements(left, right)
        if unbalanced or _balance_charge(left, right):
            _report_balance(reaction, unbalanced, left, right, report)


_Member = tuple[Fraction, Species]


def _members(
    terms: tuple[Term, ...], reaction: Reaction, species: dict[tuple[str, str | None], Species]
) -> list[_Member] | None:
    """Species of a side with their coefficients; None where a coefficient is symbolic or a composition unknown."""
    members = []
    for term in terms:
        found = species.get((term.species, reaction.pathway)) or species.get((term.species, None))
        if found is None or found.composition is None or not isinstance(term.written, Fraction):
            return None
        members.append((term.written, found))
    return members


def _counts(members: list[_Member]) -> dict[str, dict[str, Fraction]]:
    """Linear form of every element over a side."""
    total: dict[str, dict[str, Fraction]] = {}
    for coefficient, species in members:
        assert isinstance(species.composition, Composition)
        for element, form in species.composition.elements:
            own = total.setdefault(element, {})
            for size, number in form:
                own[size] = own.get(size, Fraction(0)) + coefficient * number
    return total


def _balance_elements(left: list[_Member], right: list[_Member]) -> str:
    """Which elements are not balanced, and by how much; empty where all are."""
    before, after = _counts(left), _counts(right)
    wrong = []
    for element in sorted({*before, *after}):
        a, b = before.get(element, {}), after.get(element, {})
        if any(a.get(size, 0) != b.get(size, 0) for size in {*a, *b}):
            excess = {size: b.get(size, Fraction(0)) - a.get(size, Fraction(0)) for size in {*a, *b}}
            wrong.append(f"{element}: {form_text(a)} on the left, {form_text(b)} on the right ({_signed(excess)})")
    return "; ".join(wrong)


def _balance_charge(left: list[_Member], right: list[_Member]) -> str:
    """``+2 on the left, +1 on the right``; empty where charge is balanced."""
    before, after = (sum(c * (s.charge or 0) for c, s in side) for side in (left, right))
    return "" if before == after else f"{_charge(before)} on the left, {_charge(after)} on the right"


def _report_balance(
    reaction: Reaction, elements: str, left: list[_Member], right: list[_Member], report: Reporter
) -> None:
    from mscnet.language.balancing import balanced

    sides = [
        [(term, species) for term, (_, species) in zip(terms, side, strict=True)]
        for terms, side in ((reaction.reactants, left), (reaction.products, right))
    ]
    answer = balanced(sides[0], sides[1], "<->" if reaction.partner or reaction.reversible else "->")
    text, fixes = answer if answer else ("", ())
    hints = [f"`{text}` is balanced"] if text else []
    if elements:
        hints.insert(0, "; ".join(f"{s.name} is {s.composition.text}" for _, s in (*left, *right) if s.composition))
        message = f"this reaction is not balanced: {elements}"
        _report(report, "E050", message, reaction.span, "; ".join(hints), fixes)
    charge = _balance_charge(left, right)
    if charge and elements:
        _report(report, "E051", f"charge is not balanced: {charge}", reaction.span)
    elif charge:
        _report(report, "E051", f"charge is not balanced: {charge}", reaction.span, "; ".join(hints) or None, fixes)


def _charge(value: Fraction | int) -> str:
    return "0" if value == 0 else f"{'+' if value > 0 else ''}{number_text(Fraction(value))}"


def form_text(form: LinearForm) -> str:
    """A linear form as one writes it: ``2n - m + 1``."""
    text = ""
    for size in sorted(form, key=lambda s: (form[s] < 0, s == "", s)):
        number = form[size]
        if not number:
            continue
        shown = size if size and abs(number) == 1 else number_text(abs(number)) + size
        sign = "-" if number < 0 else "+"
        text = f"{text} {sign} {shown}" if text else (f"-{shown}" if number < 0 else shown)
    return text or "0"


def _signed(form: LinearForm) -> str:
    text = form_text(form)
    return text if text.startswith("-") else f"+{text}"


# --- structure ---------------------------------------------------------------------------------


def no_reactions(mechanism: Mechanism, report: Reporter) -> None:
    """A file without a reaction makes no model; one of functions alone is a library."""
    library = mechanism.functions and not mechanism.species
    if not mechanism.reactions and not library and mechanism.structure is None:
        report.error("W060", "the file declares no reaction", 0, 1)


def idle_reactions(mechanism: Mechanism, report: Reporter) -> None:
    """A reaction whose products are its reactants changes nothing."""
    for reaction in mechanism.reactions:
        same = {t.species: t.coefficient for t in reaction.reactants} == {
            t.species: t.coefficient for t in reaction.products
        }
        if same and not reaction.reverse:
            report.origin = reaction
            _report(report, "W063", "this reaction changes nothing: both sides are the same", reaction.span)


def repeated_reactions(mechanism: Mechanism, report: Reporter) -> None:
    """The same reaction twice adds its rate twice, which is seldom meant."""
    seen: dict[object, Reaction] = {}
    written: Counter[tuple[int, int, int]] = Counter()
    for reaction in mechanism.reactions:
        if reaction.law.kind != "mass_action":
            continue
        left = _multiset(reaction.reactants)
        orders = left if reaction.orders is reaction.reactants else _multiset(reaction.orders)
        first = seen.setdefault((left, _multiset(reaction.products), orders, reaction.pathway), reaction)
        if first is reaction or reaction.span is None or first.span is None:
            continue
        if first.span == reaction.span:
            line = report.lines.get((reaction.span.start, reaction.span.end))
            if line is not None and not reaction.reverse:
                report.origin = reaction
                message = f"this is the reaction of {line.text_of(first.name)} again, so its rate counts twice"
                _report(report, "W213", message, reaction.span, line.once(first.name, reaction.name))
            continue
        place = (Related("first written here", first.span),)
        span = reaction.span
        if not written:
            written.update(_place(other.span) for other in mechanism.reactions if other.span and not other.reverse)
        fixes = without_statement(span, "remove the second one") if written[_place(span)] == 1 else ()
        report.at("W064", "this reaction is there already", span, None, place, fixes)


def _place(span: Span) -> tuple[int, int, int]:
    return id(span.source), span.start, span.end


def _multiset(terms: tuple[Term, ...]) -> frozenset[object]:
    return frozenset([t.species if t.coefficient == 1 else (t.species, t.coefficient) for t in terms])


def unused_parameters(mechanism: Mechanism, report: Reporter) -> None:
    """Parameters that nothing uses, with the constant that was perhaps meant."""
    used = mechanism.used_parameters() | {s.name for e in observed(mechanism) for s in symbols(e)}
    if mechanism.has_bench:
        from mscnet.mechanism.bench_use import bench_parameters

        used |= bench_parameters(mechanism)
    given = (s.energies.expression for s in mechanism.species if s.energies is not None)
    used |= {symbol.name for expression in given for symbol in symbols(expression)}
    used |= {compartment.name for compartment in mechanism.compartments}
    used |= report.sizes
    idle = [p for p in mechanism.parameters if p.declared and p.name not in used]
    by_use = [p.name for p in mechanism.parameters if not p.declared] if idle else []
    for parameter in idle:
        near = suggest(parameter.name, by_use)
        hint = near.replace("did you mean", "a reaction uses") if near else None
        if parameter.span is not None:
            span = parameter.span
            fixes = without_declaration(span, "parameter", f"remove `{parameter.name}`")
            _report(report, "W062", f"the parameter `{parameter.name}` is not used", span, hint, fixes)


def observed(mechanism: Mechanism) -> Iterator[Expression]:
    """The expressions of bands, instrument, data files and facts."""
    if mechanism.bands or mechanism.instrument:
        from mscnet.mechanism.optics import expressions_of

        yield from expressions_of(mechanism.bands, mechanism.instrument)
    for file in mechanism.data_files:
        yield from (*(value for _, value in file.selects), *(() if file.error is None else (file.error,)))
    if mechanism.facts:
        from mscnet.mechanism.facts import expressions_of as of_facts

        yield from of_facts(mechanism.facts)


def idle_species(mechanism: Mechanism, report: Reporter) -> None:
    """Declared species that no reaction holds."""
    used = {t.species for r in mechanism.reactions for t in (*r.reactants, *r.products, *r.orders, *r.catalysts)}
    if not mechanism.reactions:
        return
    if mechanism.structure is not None:
        used |= {molecule.name for molecule in mechanism.structure.molecules}
    idle = [s for s in mechanism.species if s.declared and s.name not in used]
    if idle:
        expressions = [r.law.expression for r in mechanism.reactions]
        expressions += [d.expression for d in mechanism.derived]
        used |= {x.name for e in expressions for x in symbols(e) if x.kind == "species"}
    if idle and mechanism.events:
        from mscnet.mechanism.events import expressions_of

        used |= {a.target for event in mechanism.events for a in event.actions}
        used |= {x.name for event in mechanism.events for e in expressions_of(event) for x in symbols(e)}
    if idle and mechanism.has_bench:
        from mscnet.mechanism.bench_use import bench_species
        from mscnet.mechanism.facts import courses_of

        used |= bench_species(mechanism) | {x.name for e in observed(mechanism) for x in symbols(e)}
        used |= {band.species for fact in mechanism.facts for course in courses_of(fact) for band in course.bands}
    by_use = [s.name for s in mechanism.species if not s.declared] if idle else []
    for species in idle:
        if species.name not in used:
            near = suggest(species.name, by_use)
            hint = near.replace("did you mean", "a reaction uses") if near else None
            _report(report, "W065", f"the species `{species.name}` takes part in no reaction", species.span, hint)


def beyond_declared(mechanism: Mechanism, report: Reporter) -> None:
    """Members of a declared family that came into being by use: the end of a range is one off, most likely."""
    declared: dict[tuple[str, int], list[tuple[int, ...]]] = {}
    found = [(s, stem_and_indices(s.name)) for s in mechanism.species if s.name.find("[") > 0]
    for species, member in found:
        if species.declared and member is not None:
            declared.setdefault((member[0], len(member[1])), []).append(member[1])
    ends: dict[tuple[str, int], str] = {}
    for species, member in found:
        if species.declared or member is None:
            continue
        family = member[0], len(member[1])
        known = declared.get(family, [])
        if min(member[1]) < 0:
            message = f"`{species.name}` has an index below zero"
            _report(report, "W215", message, species.span, "leave the member out with a condition: `if …`")
        elif len(known) > 2:
            if family not in ends:
                ends[family] = ", ".join(f"{min(each)} .. {max(each)}" for each in zip(*known, strict=True))
            message = f"`{species.name}` comes into being here; those that are declared are {member[0]}[{ends[family]}]"
            _report(report, "W214", message, species.span, "declare it too, or end the family before it: `if …`")


def light(mechanism: Mechanism, report: Reporter) -> None:
    """A photon written as a reactant becomes a species that is used up."""
    for species in mechanism.species:
        if not species.declared and species.name in ("hv", "hν", "hnu"):
            hint = "leave light out of the equation, and put its intensity into the rate constant"
            _report(report, "N073", f"`{species.name}` is a species here, and is used up", species.span, hint)


def names_of_time(mechanism: Mechanism, report: Reporter) -> None:
    """`t` and `time` mean the time of the run, unless something in the file is called so."""
    counts = mechanism.structure.counts if mechanism.structure is not None else ()
    columns = (*mechanism.species, *mechanism.derived, *counts)
    for item in columns:
        if item.name == "time":
            message = "`time` is the first column of every result, so nothing else can be called so"
            _report(report, "E011", message, item.span, "choose another name")
    hiding = [(item.name, item.span) for item in columns if item.name == "t"]
    hiding += [(item.name, item.span) for item in mechanism.parameters if item.name in ("t", "time")]
    for name, span in hiding:
        _report(report, "N072", f"`{name}` is a name of this file, so it no longer means the time of the run", span)


def symbolic_coefficients(mechanism: Mechanism, report: Reporter) -> None:
    """Coefficients in brackets, where their parameters have values: above zero, as any other."""
    exact = {p.name: Fraction(repr(p.value)) for p in mechanism.parameters if p.value is not None}
    for reaction in mechanism.reactions:
        for term in (*reaction.reactants, *reaction.products):
            if isinstance(term.coefficient, Fraction) or reaction.reverse:
                continue
            value = exact_value(term.coefficient, lambda symbol: exact.get(symbol.name))
            if value is not None and value <= 0:
                report.origin = reaction
                message = f"the coefficient of `{term.species}` comes out as {number_text(value)}"
                _report(report, "E021", message, term.span, "it must be above zero with the values given")


def sizes_of_families(mechanism: Mechanism, report: Reporter) -> None:
    """What says how large a family is stays as it is: no fit and no experiment changes it."""
    if not report.sizes:
        return
    for parameter in mechanism.parameters:
        if parameter.name in report.sizes and (parameter.bounds is not None or parameter.prior is not None):
            message = f"`{parameter.name}` says how many members a family has, so a fit cannot change it"
            _report(report, "E215", message, parameter.span, "leave its bounds out")
    for experiment in mechanism.experiments:
        from mscnet.mechanism.bench_use import names_set

        for name in ({name for name, _ in experiment.values} | names_set(experiment.steps)) & report.sizes:
            message = f"`{name}` says how many members a family has, so an experiment cannot change it"
            _report(report, "E215", message, experiment.span)


def negative_constants(mechanism: Mechanism, report: Reporter) -> None:
    """Mass action with a constant below zero, or a temperature that is none."""
    values = {(p.name, p.pathway): p.value for p in mechanism.parameters}
    for reaction in mechanism.reactions:
        law = reaction.law
        value: float | Fraction | None = None
        if law.kind == "mass_action" and isinstance(law.expression, Number):
            value = law.expression.value
        elif law.kind == "mass_action" and isinstance(law.expression, Symbol):
            name = law.expression.name
            value = values.get((name, reaction.pathway), values.get((name, None)))
        if value is not None and value < 0:
            report.origin = reaction
            _report(report, "W066", "a negative rate constant makes the reaction run backwards", law.span)
    for definition in mechanism.definitions:
        if definition.name == "temperature" and mechanism.evaluate(definition.expression) <= 0:
            _report(report, "E024", "a temperature is above zero kelvin", definition.span)


def declared_by_use(mechanism: Mechanism, report: Reporter) -> None:
    """Rate constants that came into being after ``@``, or with a reaction without a law."""
    for parameter in mechanism.parameters:
        if not parameter.declared:
            span, name = parameter.span, parameter.name
            declare = f"declare it: `parameter {name} = …`"
            hint: str | None = declare
            if span is not None and span.text == name:
                # a declaration without a value, outside pathways, means just what the use does
                hint = appending(declare, f"parameter {name}", parameter.pathway is None)
            elif span is not None and not re.match(r"[^\W\d]|\{", span.text):  # a constant that nothing names
                hint = f"name it after the reaction, `@ {name}`, and {declare}"
            _report(
                report, "W070", f"the rate constant `{parameter.name}` is declared by use only", parameter.span, hint
            )


def alike_pathways(mechanism: Mechanism, report: Reporter) -> None:
    """Two pathways that are one network up to the names of constants."""
    structure = mechanism.structure
    told_by_rules = structure is not None and any(rule.pathway is not None for rule in structure.rules)
    if len(mechanism.pathways) > 1 and not told_by_rules:
        from mscnet.language.alike import same_pathways

        same_pathways(mechanism, report)


def equilibria(mechanism: Mechanism, report: Reporter) -> None:
    """Detailed balance round loops of reversible steps, and energies of species."""
    derived = any(reaction.equilibrium for reaction in mechanism.reactions)
    energetic = any(species.energies for species in mechanism.species)
    if derived or energetic or sum(r.reverse for r in mechanism.reactions) > 1:
        from mscnet.language.checks_thermal import constants, detailed_balance, energies

        constants(mechanism, report)
        detailed_balance(mechanism, report)
        energies(mechanism, report)


def fast_steps(mechanism: Mechanism, report: Reporter) -> None:
    """Fast steps that cannot be solved for, or whose constants contradict each other."""
    if mechanism.has_fast:
        from mscnet.language.checks_thermal import fast_steps as rule

        rule(mechanism, report)


def open_loops(mechanism: Mechanism, report: Reporter) -> None:
    """What the constants round a loop must meet, where they have no values."""
    if sum(reaction.reverse for reaction in mechanism.reactions) > 1:
        from mscnet.language.checks_thermal import open_loops as rule

        rule(mechanism, report)


RULES: tuple[Rule, ...] = (
    no_reactions,
    idle_reactions,
    repeated_reactions,
    unused_parameters,
    idle_species,
    beyond_declared,
    sizes_of_families,
    negative_constants,
    whole_laws,
    symbolic_coefficients,
    light,
    names_of_time,
    alike_pathways,
    equilibria,
    fast_steps,
)
STRICT_RULES: tuple[Rule, ...] = (declared_by_use, open_loops)
