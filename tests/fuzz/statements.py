"""Statements of every kind but those of the bench, each one valid, or nearly so."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz.rules import rules
from tests.fuzz.world import AWKWARD, FORMULAS, World

Maker = Callable[[World], str]

ARROWS = ("->", "->", "<->", "<->", "<=>", "⇌", "→", "<-")


# --- reactions ----------------------------------------------------------------------------------------


def _side(w: World, low: int = 1, high: int = 2) -> tuple[str, int]:
    """A side of a reaction and its order."""
    terms, order = [], 0
    for _ in range(w.random.randint(low, high)):
        count = w.random.choice((1, 1, 1, 2))
        terms.append(("" if count == 1 else f"{count} ") + w.a_species())
        order += count
    return " + ".join(terms) or w.one("0", "∅"), order


def _label(w: World) -> str:
    if w.chance(0.7):
        return ""
    name = w.fresh(w.one("step", "ion_", "s"))
    w.labels.append(name)
    return name + ": "


def reaction(w: World) -> str:
    """Mass action, along one arrow or several."""
    (text, order), laws = _side(w, w.one("0", "1", "1", "1") != "0"), []
    text = _label(w) + text
    for _ in range(w.random.choice((1, 1, 1, 2, 3))):
        arrow = w.one(*ARROWS)
        catalyst = w.chance(0.1)
        extra = 0
        if catalyst:
            extra = 1
            arrow = f"{'<-' if arrow in ('<->', '<=>', '⇌') else '-'}[{w.plain_species()}]->"
        other, next_order = _side(w)
        text += f" {arrow} {other}"
        if arrow == "<-":
            laws.append((next_order, ""))
        else:
            laws.append((order + extra, ""))
            if arrow in ("<->", "<=>", "⇌") or arrow.startswith("<-["):
                laws.append((next_order + extra, "K"))
        order = next_order
    if w.chance(0.85):
        shown = [f"K = {w.number()}" if kind and w.chance(0.15) else w.constant(n) for n, kind in laws]
        text += " @ " + ", ".join(shown)
    return text + w.note()


def ordered(w: World) -> str:
    """Other kinetic orders and coefficients that are no whole numbers."""
    a, b = w.plain_species(), w.plain_species()
    exponent = w.one("1.5", "0.5", "2", "(1/2)", w.parameter("pure"), "-1")
    coefficient = w.one("", "0.5 ", "3/2 ", "(n9+1) " if "n9 = 2" in w.lines else "")
    return f"{coefficient}{a} -> {b} @ {w.fresh('k')} order {a}^{exponent} {b if b != a and w.chance() else ''}"


def whole_law(w: World) -> str:
    s, p = w.a_species(), w.a_species()
    rate = f"({w.number()} {w.level}/{w.time})"
    km = w.one(f"{w.number()} {w.level}", w.parameter("level"))
    law = w.random.choice(
        (
            f"{rate}*[{s}]/({km} + [{s}])",
            f"{w.parameter('per_time')}*[{s}] - {w.per_time()}*[{p}]",
            f"{rate}*{w.factor()}",
            f"1*[{s}]",
            f"{w.parameter('per_time')}*{w.concentration()}",
            f"{rate}*[{s}]^{w.one('2', 'h9')}/(({km})^2 + [{s}]^2)",
            f"{rate}*[{s}]^h9/(({km})^h9 + [{s}]^h9)",
        )
    )
    return f"{_label(w)}{s} {w.one('->', '<->')} {p} rate {law}{w.note()}"


def hot(w: World) -> str:
    """Steps that need the temperature."""
    temperature(w)
    a, b = w.a_species(), w.a_species()
    law = w.random.choice(
        (
            f"arrhenius({w.number()} /{w.time}, {w.number()} {w.one('kJ/mol', 'kcal/mol')})",
            f"arrhenius({w.per_time()}, {w.parameter('energy')}, 298.15 K)",
            f"eyring({w.number()} kJ/mol, -{w.number()} J/mol/K)",
            f"{w.parameter('per_time')}*exp(-{w.parameter('energy')}/(R*temperature))",
        )
    )
    return f"{a} <-> {b} @ {law}, K = {w.one('12', f'exp(-{w.number()} kJ/mol/(R*temperature))', 'Keq')}"


def temperature(w: World) -> str:
    if w.heated:
        return ""
    w.heated = True
    w.lines.append(
        "temperature = "
        + w.one("298.15 K", "25 degC", "300", "298 K + 1 K/min*min(time, 40 min)", "ramp(0 s, 1 h, 25 degC, 60 degC)")
    )
    return ""


def energies(w: World) -> str:
    temperature(w)
    a, b = w.fresh("G"), w.fresh("G")
    w.species += [a, b]
    first = w.one(f"gibbs = -{w.number()} kJ/mol", f"enthalpy = -{w.number()} kcal/mol, entropy = {w.number()} J/mol/K")
    second = w.one(f"gibbs = {w.parameter('energy')}", "gibbs = -3 kJ/mol, entropy = 2 J/mol/K", first)
    return f"species {a} {first} = {w.amount()} ; species {b} {second}\n{a} <-> {b} @ {w.constant(1)}"


def bonds(w: World) -> str:
    a, b = w.fresh("Q"), w.fresh("Q")
    w.species += [a, b]
    sign = w.one("-", "=", "≡", "-=", "–")
    return (
        f"bond Cd{sign}X{a} = {w.number()} ± {w.number()} kJ/mol{w.note()}\n"
        f"species {a} bonds {w.whole()} Cd{sign}X{a}, {b} bonds {w.one('0', f'X{a}{sign}Cd')}\n{a} <-> {b}"
    )


# --- declarations ---------------------------------------------------------------------------------------


def species(w: World) -> str:
    parts = []
    for _ in range(w.random.choice((1, 1, 2, 3))):
        name = w.a_species()
        if name in w.described and w.chance(0.97):
            continue
        w.described.add(name)
        text = name
        text += f' "{name} as people call it"' if w.chance(0.2) else ""
        text += f" of {w.random.choice(FORMULAS)}" if w.chance(0.08) else ""
        text += f" = {w.one(w.amount(), w.amount(), w.parameter('level') + '/2')}" if w.chance(0.8) else ""
        text += " constant" if w.chance(0.08) else ""
        parts.append(text)
    return "species " + ", ".join(parts) if parts else ""


def parameter(w: World) -> str:
    w.parameter(w.one("constant1", "constant2", "level", "pure", "time", "per_time", "energy"))
    return ""


def derived(w: World) -> str:
    name = w.fresh("d")
    return f"{name} = {w.random.choice((w.factor, w.concentration, w.duration, lambda: w.constant(1)))()}"


def function(w: World) -> str:
    name, count = w.fresh("f"), w.random.randint(1, 3)
    arguments = ["x", "y", "n"][:count]
    body = w.random.choice(
        (
            "1 + x",
            "x^2/(1 + x^2)",
            "exp(-x)",
            "x*" + arguments[-1],
            "if(x < 1, x, 1)",
            w.called(1) if w.functions else "x",
        )
    )
    w.functions.append((name, count))
    return f"function {name}({', '.join(arguments)}) = {body}"


def observable(w: World) -> str:
    name = w.fresh("o")
    w.observables.append(name)
    return f"observable {name}{w.note()} = {w.one(w.concentration(), w.factor(1))}{w.note()}"


def units(w: World) -> str:
    if any(line.startswith("units") for line in w.lines):
        return ""
    return f"unit {w.fresh('u')} = {w.number()} {w.level}"


def option(w: World) -> str:
    w.voluminous = True
    return "option " + ", ".join(
        {
            "t_end": f"t_end = {w.duration()}",
            "points": f"points = {w.whole(2, 50)}",
            "every": f"every = {w.duration()}",
            "volume": "volume = 1e-15 L",
            "rtol": "rtol = 1e-6",
            "method": f"method = {w.one('auto', 'bdf', 'radau', 'lsoda')}",
            "mass_action": "mass_action = " + w.one("power", "combinatorial"),
        }[key]
        for key in w.random.sample(("t_end", "points", "every", "volume", "rtol", "method", "mass_action"), 3)
    )


def pathway(w: World) -> str:
    if len(w.pathways) > 4:
        return ""
    name = w.fresh("way")
    base = w.random.choice(w.pathways) if w.pathways and w.chance() else None
    w.pathways.append(name)
    if base is None:
        label = w.fresh("s")
        return (
            f"pathway {name}{w.note()} {{ {label}: {w.a_species()} -> {w.a_species()} @ kp\n"
            f"  parameter kp = {w.number()}\n"
            f"  {w.a_species()} <-> {w.a_species()} @ {w.number()}, {w.number()} }}"
        )
    other = w.random.choice(w.pathways[:-1])
    change = w.random.choice(
        (
            "",
            f" with {{ kp = {w.one('0', '0.5', w.number())} }}",
            f" with {{ {w.a_species()} -> {w.a_species()} @ {w.number()} ; parameter kp = 1 in 0 .. 2 }}",
            f" without {w.one('r1', *(w.labels or ['r2']))}",
            " with { k_new = 2 ; A -> B @ k_new }",
        )
    )
    bases = base if base == other or w.chance(0.6) else f"{base} + {other}"
    return f"pathway {name} = {bases}{w.note()}{change}"


def imported(w: World) -> str:
    name, change = w.random.choice(
        (
            ("michaelis_menten", " with { S = 2 mM }"),
            ("lotka_volterra", ""),
            ("rate_laws", ""),
            (w.one("cdtese", "robertson", "brusselator", "chapman"), ""),
            ("part.mech", " with { k_part = 2 /s }"),
            ("sub/deep.mech", ""),
            (
                w.one("nowhere", "../up.mech", "circle_a.mech", "broken.mech", "/etc/x.mech", "robertson", "robertson"),
                "",
            ),
            ("robertson", ""),
        )
    )
    prefix = w.fresh("im")
    text = f'import "{name}" as {prefix}' if w.chance(0.9) else f'import "{name}"'
    text += change if w.chance(0.3) else ""
    if name == "rate_laws" and w.chance():
        s = w.plain_species()
        text += f"\n{s} -> X9 rate {prefix}.michaelis_menten([{s}], 2 {w.level}/{w.time}, 0.5 {w.level})"
    elif name == "part.mech":
        text += f"\n{prefix}.Pa -> {w.a_species()} @ {prefix}.k_part"
    return text


# --- families -------------------------------------------------------------------------------------------


def family(w: World) -> str:
    n = w.whole(2, 12)
    f, k = w.fresh("F"), w.fresh("k")
    condition = w.one("", f" if n <= {n}", " if n > 1 and not n == 3", " if mod(n, 2) == 0 or n < 3")
    return w.random.choice(
        (
            lambda: f"{f}[n] -> {f}[n+1] @ {k} for n in 1 .. {n}{condition}",
            lambda: f"{f}[1] + {f}[n] <-> {f}[n+1] @ {k}*n^(2/3), {w.number()} for n in 1 .. {n} by 2",
            lambda: f"{f}[n] + {f}[m] -> {f}[n+m] @ {k} for n in 1 .. {n}, m in n .. {n} if n + m <= {n}",
            lambda: f"for E in Te, Se, Zn {{ species Cd{{E}}{f} of Cd[n]{{E}}[n] = {w.number()}\n"
            f"  Cd{{E}}{f} -> {w.a_species()} @ k{{E}} }}",
            lambda: f"{f}[i]: P{f}[i] <-> P{f}[mod(i, {n}) + 1] @ {w.number()}, K = 2 for i in 1 .. {n}",
            lambda: f"{f}[n] -> 0 @ {k}[n] for n in 1 .. {n} ; parameter {k}[n] = {w.number()}*n for n in 1 .. {n}",
            lambda: f"for n in 1 .. {n} {{ for m in 1, 2 {{ species {f}[n,m] = n*m {w.level}\n"
            f"  {f}[n,m] -> {w.a_species()} @ 1 }} }}",
            lambda: f"observable o{f} = sum([{f}[n]]*n for n in 1 .. {n}) ; {f}[n] -> 0 @ 1 for n in 1 .. {n}",
            lambda: f"species {f}[n] of C[n]H[2*n+2] = {w.number()} for n in 1 .. {n} ; {f}[1] -> 0 @ 1",
            lambda: f"for E in A{f}, B{f} {{ dose{{E}}: at t = {w.duration()} {{ {{E}} += {w.amount()} }}\n"
            f"  {{E}} -> Q @ 1 }}",
            lambda: f"ob{f}[n] = n*{w.number()} for n in 1 .. {n}\nspecies N{f}[n] = ob{f}[n] for n in 1 .. {n}\n"
            f"N{f}[1] -> 0 @ 1",
            lambda: f"N{f} = {n}\n{f}[n] -> {f}[n-1] @ product(m for m in 1 .. n) for n in N{f} .. 1 by -1",
        )
    )()  # fmt: skip


# --- events ---------------------------------------------------------------------------------------------


def event(w: World) -> str:
    label = w.one("", "", w.fresh("dose") + ": ")
    target = w.plain_species()
    changes = [
        f"{target} {w.one('+=', '-=', '=')} {w.amount()}",
        f"{w.one(target, f'[{target}]')} {w.one('*=', '/=')} {w.factor(0)}",
    ]
    if w.parameters.get("constant1"):
        changes.append(f"{w.parameters['constant1'][0]} *= {w.number()}")
    actions = "{ " + w.one(" ; ", "\n  ").join(w.random.sample(changes, w.random.randint(1, len(changes)))) + " }"
    more = "".join(w.one("", part) for part in (f" and {w.condition()}", f" or not ({w.condition()})"))
    head = w.random.choice(
        (
            f"at t = {w.duration()}",
            f"at {w.duration()}, {w.duration()}",
            f"every {w.whole()} {w.time}" + w.one("", f" from 0 {w.time}", f" to 10 {w.time}", " times 3"),
            f"when {w.condition()}{more}" + w.one("", f" for {w.duration()}") + w.one("", " once"),
        )
    )
    return f"{label}{head} {actions}"


def compartments(w: World) -> str:
    """Compartments, on their own: most of what the others make has no place in one."""
    a, b, m = w.fresh("cyt"), w.fresh("nuc"), w.fresh("mem")
    size = w.one("1 pL", "2 pL", "1 pL*exp(0.01*time/(1 s))", f"0.5*{b}", "max(1, time/(1 s))*1 pL")
    kinds = (
        f"{a}.A <-> {b}.A @ P*{m}, P*{m}", f"{b}.A -> {b}.B @ 0.1 /s", f"{a}.A + R <-> RA @ 1 /mM/s, 0.3 /s",
        f"at 5 s {{ {b} = 2 pL }}", f"0 -> {a}.C @ 1 mM/s", f"species {a}.D of H2O = 1 mM", f"2 {a}.A -> {b}.B @ 1 L/s",
        f"observable total = [{a}.A] + [{b}.A]", f"for n in 1 .. 3 {{ {a}.F{{n}} -> {b}.A @ 0.1 pL/s }}",
        f"{a}.A -[RA]-> {a}.B @ 0.1", f"{a}.A <-> {b}.A @ 0.1 pL/s, K = 2", f"parameter K{a} = 2 in 1 .. 3",
    )  # fmt: skip
    lines = [
        "units time = s, concentration = mM, volume = pL\nparameter P = 0.5 um/s\n"
        f"compartment {a} = {size}, {b} = 0.1 pL"
    ]
    lines += [f"compartment {m} = {w.one('100 um^2', f'4.84*{b}^(2/3)')}\nspecies R in {m} = 1e-9 mol/m^2, RA in {m}"]
    lines += w.random.sample(kinds, w.random.randint(1, 6))
    if w.chance(0.9):
        w.lines.clear()
    return "\n".join(lines)


def awkward(w: World) -> str:
    name = w.random.choice(AWKWARD)
    return w.one(f"species {name} = 1", f"parameter {name} = 2", f"{name} -> B @ 0.1", f"{name} = 3*{w.factor(0)}")


MAKERS: tuple[tuple[Maker, float], ...] = (
    (reaction, 14), (ordered, 2), (whole_law, 4), (hot, 2), (energies, 1), (bonds, 1), (species, 6), (parameter, 3),
    (derived, 3), (function, 2), (observable, 3), (units, 1), (option, 1), (pathway, 2), (imported, 0.5), (family, 4),
    (event, 3), (compartments, 0.6), (rules, 2), (awkward, 1), (lambda w: temperature(w), 1),
)  # fmt: skip
