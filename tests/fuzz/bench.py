"""Statements of the bench: bottles, media, experiments, bands, data and facts."""

from __future__ import annotations

from tests.fuzz.statements import Maker
from tests.fuzz.world import World


def solution(w: World) -> str:
    name = w.fresh(w.one("S", "stock", "CdTe_IP"))
    w.solutions.append(name)
    contents = " ; ".join(f"{w.a_species()} = {w.amount()}" for _ in range(w.random.randint(1, 2)))
    inside = f" in {w.random.choice(w.solvents)}" if w.solvents and w.chance(0.3) else ""
    return f"solution {name}{w.note()}{inside} {{ {contents} }}"


def solvent(w: World) -> str:
    name = w.fresh(w.one("toluene", "water"))
    w.solvents.append(name)
    return f"solvent {name}{w.note()}"


def liquid(w: World) -> str:
    name = w.plain_species()
    if name in w.liquids:
        return ""
    w.liquids.append(name)
    purity = w.one("", " ; purity = 99%", " ; purity = 0.5")
    if w.chance(0.7):
        return f"liquid {name} {{ density = 0.78 g/mL ; molar_mass = 129.24 g/mol{purity} }}"
    w.liquids.pop()
    return f"solid {name} {{ molar_mass = 310 g/mol{purity} }}"


def medium(w: World) -> str:
    if not w.solvents:
        return ""
    name = w.fresh("km")
    inside = w.one(w.random.choice(w.solvents), "neat")
    elsewhere, here = (f"{name} = {w.number()} /{w.time}" for _ in range(2))
    return f"{elsewhere}\nin {inside} {{ {here} }}\n{w.a_species()} -> X @ {name}"


def band(w: World) -> str:
    name = w.plain_species()
    if name in w.bands:
        return ""
    w.bands.append(name)
    epsilon = w.one(f"{w.number()} /{w.level}/cm", w.parameter("absorptivity"))
    center = w.one("371 nm", "3.34 eV", "399 nm", "4 nm*100")
    shapes = [
        f"{w.one('gaussian', 'lorentzian', 'lognormal')} center = {center}, fwhm = {w.one('20 nm', '0.1 eV')}, "
        f"epsilon = {epsilon}"
    ]
    if w.chance(0.3):
        shapes.append(f"tail onset = 360 nm, fraction = 0.{w.whole()}")
    if w.chance(0.05):
        shapes.append('spectrum "pc.csv" shift = 1 nm')
    return f"band {name} {{ {w.one(' ; ', chr(10)).join(shapes)} }}"


def instrument(w: World) -> str:
    if any(line.startswith("instrument") for line in w.lines):
        return ""
    entries = ("path = 1 cm", "noise = 0.004", "baseline(371 nm) = 0.02", "baseline = 0.01", "resolution = 2 nm",
               "saturation = 3", "stray = 0.001", "time_zero = 2 s")  # fmt: skip
    return "instrument { " + " ; ".join(w.random.sample(entries, 3)) + " }"


def _portion(w: World) -> str:
    known = [*w.solutions, *w.solvents, *w.liquids] or ["pot"]
    return f"{w.one(w.volume(), w.volume(), '2*' + w.volume())} {w.random.choice(known)}"


def _step(w: World) -> str:
    hot = w.one("", "", " at 50 degC", " from 25 degC to 50 degC") if w.heated else ""
    return w.random.choice(
        (
            lambda: f"add {_portion(w)}" + w.one("", f" over {w.duration()}"),
            lambda: f"hold {w.duration()}{hot}",
            lambda: "take 30 uL" + w.one("", " into cuvette"),
            lambda: f"dilute to 1 L with {w.random.choice(w.solvents or ['water'])}",
            lambda: w.one("discard 1 uL", "discard"),
            lambda: f"flow 0.1 mL/min {w.random.choice(w.solutions or ['S'])} out 0.1 mL/min for {w.whole()} min",
            lambda: "equilibrate",
            lambda: f"set {w.parameter('constant1')} = {w.number()}",
            lambda: f"repeat {w.whole(1, 3)} {{ hold 1 s ; add {_portion(w)} }}",
            lambda: f"with {w.parameter('level')} = 1.1*{w.parameter('level')}",
        )
    )()


def _measure(w: World) -> tuple[str, list[str]]:
    readings, names = [], []
    for _ in range(w.random.randint(1, 2)):
        name = w.fresh("od")
        value = w.random.choice(
            ("absorbance(371 nm)", "absorbance(400 nm) against blank", "spectrum(320 nm .. 450 nm step 10 nm)",
             "difference(371 nm)", f"[{w.plain_species()}]", f"2*[{w.plain_species()}]")
        )  # fmt: skip
        readings.append(f"{name} = {value}")
        if "spectrum" not in value:
            names.append(name)
    if w.chance(0.2):
        readings.append(f"[{w.plain_species()}]")
    when = w.one("every 5 min for 30 min", "at 1, 2, 5, 10 min", f"every 1 s for {w.whole(5, 60)} s", "")
    tail = w.one(
        "",
        "",
        "",
        " while add 1 mL " + (w.solutions or ["S"])[0],
        " in 1 cm cell" if "[" not in "".join(readings) else "",
        " after 0.5 min",
    )
    return f"measure {', '.join(readings)} {when}{tail}", names


def experiment(w: World) -> str:
    if len(w.experiments) > 3:
        return ""
    name, variables = w.fresh(w.one("fig", "e")), []
    head = f"experiment {name}"
    origin = ""
    if w.chance(0.4):
        variables = [w.fresh("v")]
        head += f"({variables[0]})"
        head += f" for {variables[0]} in " + w.one("15, 30 uL", "1 .. 3 mL step 1 mL", "2 mL")
    elif w.experiments and w.chance(0.3):
        other = w.random.choice(w.experiments)
        origin = f" from {other[0]}" + (f"({', '.join('30 uL' for _ in other[1])})" if other[1] else "")
        origin += w.one("", f" after {w.duration()}")
    steps = (
        []
        if origin
        else [f"mix {_portion(w)}" + (f" + {variables[0]} {(w.solutions or ['S'])[0]}" if variables else "")]
    )
    steps += [_step(w) for _ in range(w.random.randint(0, 3))]
    measured, names = _measure(w)
    steps.append(measured)
    w.experiments.append((name, variables, names))
    return f"{head}{origin}{w.note()} {{\n    " + w.one("\n    ", " ; ").join(steps) + "\n}"


def data(w: World) -> str:
    if not w.experiments:
        return ""
    name, variables, readings = w.random.choice(w.experiments)
    block = ""
    if readings and w.chance():
        entries = [f'{readings[0]} = "OD"', *(f"{v} = 15 uL" for v in variables), "error = 0.004"]
        block = " { " + " ; ".join(entries) + " }"
    return f'data {name} "{w.one("feed.csv", "none.csv", "sub/x.csv")}"{w.one("", " as csv")}{block}'


def facts(w: World) -> str:
    if not w.experiments:
        return ""
    name, variables, readings = w.random.choice(w.experiments)
    od = w.random.choice(readings) if readings else f"[{w.plain_species()}]"
    x = w.plain_species()
    claims = [
        f"{w.one('max', 'min', 'initial', 'final', 'mean')}({od}) {w.one('<', '>', '<=')} {w.number()}",
        f"time_of_max({od}) = 15 min ± 2.5 min from \"Fig. 4\" as \"F{w.whole()}\" weight 2",
        f"{od} {w.one('increases', 'decreases')}", f"{od} is constant ± 5%", f"never [{x}] > 1 mM over 0 min .. 5 min",
        f"half_time({od}) < 60 min", f"final({od})/max({od}) < 5 %", f"not_first_order({od})", f"present([{x}], 1 uM)",
        f"always [{x}] < 1 M", f"final({od}) similar to max({od}) ± 10%", f"time_to({od}, 50%) < 1 h",
        f"max([{x}]) = {w.amount()} ± 10% over 0 min .. 1 min",
    ]  # fmt: skip
    if variables:
        claims += [f"max({od}) increases with {variables[0]}", f"linear(max({od}), {variables[0]}, r2 > 0.9)",
                   f"mean({od}) does not depend on {variables[0]} ± 10%"]  # fmt: skip
    if w.labels:
        claims.append(f"rate_determining({w.random.choice(w.labels)})")
    chosen = w.random.sample(claims, w.random.randint(1, 4))
    return f"expect {name} {{\n    " + w.one("\n    ", " ; ").join(chosen) + "\n}"


BENCH_MAKERS: tuple[tuple[Maker, float], ...] = (
    (solution, 3), (solvent, 2), (liquid, 1), (medium, 1), (band, 3), (instrument, 1), (experiment, 4), (data, 1),
    (facts, 3),
)  # fmt: skip
