"""What may be written where: words of the language with a line on each, for completion and hover."""

from __future__ import annotations

#: Statement heads with what they are for, and what is put in: ``$1`` marks what is to be written first.
HEADS: dict[str, tuple[str, str]] = {
    "species": ("a substance: label, composition, initial value", "species ${1:A} = ${2:1 mM}"),
    "parameter": ("a constant: value, unit, bounds, note", "parameter ${1:k} = ${2:1 /min}"),
    "units": ("the units of the file's bare numbers", "units time = ${1:min}, concentration = ${2:mM}"),
    "unit": ("a unit of one's own", "unit ${1:c0}"),
    "function": ("a function of one's own", "function ${1:f}(${2:x}) = ${3:x}"),
    "observable": ("a quantity that a run reports", "observable ${1:name} = ${2:[A]}"),
    "option": ("defaults of a run", "option t_end = ${1:60 min}"),
    "pathway": ("an alternative: steps that hold where it is chosen", "pathway ${1:name} {\n    $0\n}"),
    "import": ("what another file has", 'import "${1:file}" as ${2:prefix}'),
    "band": (
        "what a species absorbs",
        "band ${1:A} { gaussian center = ${2:400 nm}, fwhm = ${3:20 nm}, epsilon = ${4:e} }",
    ),
    "instrument": ("how light was measured", "instrument { path = ${1:1 cm} }"),
    "data": ("a file of measured values", 'data ${1:experiment} "${2:file.csv}"'),
    "expect": ("facts that a mechanism has to explain", "expect ${1:experiment} {\n    $0\n}"),
    "in": ("values that hold in one medium", "in ${1:solvent} {\n    $0\n}"),
    "solution": ("a bottle with what is in it", "solution ${1:stock} { ${2:A} = ${3:1 mM} }"),
    "solvent": ("a bottle of solvent", "solvent ${1:toluene}"),
    "liquid": ("a neat liquid", "liquid ${1:A} { density = ${2:1 g/mL} ; molar_mass = ${3:100 g/mol} }"),
    "solid": ("a neat solid", "solid ${1:A} { molar_mass = ${2:100 g/mol} }"),
    "experiment": ("what was done at the bench", "experiment ${1:name} {\n    $0\n}"),
    "at": ("what happens at given times", "at ${1:5 min} { $0 }"),
    "every": ("what happens again and again", "every ${1:1 h} { $0 }"),
    "when": ("what happens once a condition holds", "when ${1:[A] < 0.1 mM} { $0 }"),
    "for": ("a family: statements for each value of a variable", "for ${1:n} in ${2:1 .. 10} {\n    $0\n}"),
    "compartment": ("a volume or a surface that species are in", "compartment ${1:cell} = ${2:1 pL}"),
    "molecule": ("a kind of molecule: its sites, and the states of each", "molecule ${1:A}(${2:b~u~p})"),
    "bond": ("the energy of a bond", "bond ${1:Cd-Te} = ${2:100 +- 15 kJ/mol}"),
}

#: Verbs of an experiment.
STEPS: dict[str, str] = {
    "mix": "put portions together: `mix 1 mL A + 1 mL B`",
    "add": "add portions: `add 0.5 mL A over 10 min`",
    "flow": "let flow in: `flow 1 mL/min A for 10 min`",
    "hold": "wait: `hold 10 min at 50 degC`",
    "take": "go on with an aliquot: `take 30 uL`",
    "discard": "pour away: `discard 1 mL`",
    "dilute": "fill up: `dilute to 10 mL with toluene`",
    "equilibrate": "let fast steps come to rest",
    "use": "go on with another vessel",
    "measure": "what is measured, and when: `measure [A] every 1 min for 60 min`",
    "set": "change a parameter: `set temperature = 50 degC`",
    "with": "change a parameter in this experiment",
    "repeat": "steps that are done several times",
}

#: Words that may follow what a statement begins with.
FOLLOWING: dict[str, tuple[str, ...]] = {
    "species": ("of", "constant", "gibbs", "enthalpy", "entropy", "bonds"),
    "parameter": ("in", "log", "linear", "fixed"),
    "reaction": ("rate", "order"),
    "expect": ("increases", "decreases", "similar to", "is constant", "over", "at", "from", "as", "weight"),
    "measure": ("every", "for", "at", "after", "from", "against", "while"),
    "experiment": ("from", "after", "for", "in"),
    "pathway": ("with", "without"),
    "import": ("as", "with"),
}

#: Quantities that every expression may hold.
QUANTITIES = {
    "time": "the time of the run",
    "temperature": "the temperature of the run",
    "arrhenius": "arrhenius(A, Ea, T0): a constant by the law of Arrhenius",
    "eyring": "eyring(dH, dS): a constant by transition-state theory",
}

#: Words within statements.
PART_WORDS = {
    "of": "the composition of a species, `of C2H4`",
    "constant": "a species whose concentration stays what it is, whatever reacts with it",
    "gibbs": "the standard Gibbs energy at c° = 1 mol/L; those of a step's species give its reverse constant",
    "enthalpy": "the standard enthalpy; with `entropy` it gives the Gibbs energy at every temperature",
    "entropy": "the standard entropy at c° = 1 mol/L",
    "bonds": "the bonds that a species holds, `bonds 2 Cd-Te`",
    "rate": "the whole rate law, instead of mass action",
    "order": "kinetic orders other than the stoichiometry's, `order A^1.5 B`",
    "fast": "an equilibrium that holds at all times, as a constraint",
    "log": "fits search the bounds on a logarithmic scale",
    "linear": "fits search the bounds on a linear scale",
    "fixed": "a constant that no fit changes",
    "with": "what is otherwise than in what it is made from",
    "without": "steps that are left out",
    "as": "the prefix of the names that an import brings",
}

#: Features of courses, for facts.
FEATURE_WORDS = {
    "max": "`max(x)`: its largest value",
    "min": "`min(x)`: its least value",
    "initial": "`initial(x)`: its first value",
    "final": "`final(x)`: its last value",
    "mean": "`mean(x)`: its mean over time",
    "at": "`at(x, 30 min)`: its value at a time",
    "time_of_max": "`time_of_max(x)`: when it is largest",
    "time_of_min": "`time_of_min(x)`: when it is least",
    "time_to": "`time_to(x, 50%)`: when it has gone so much of the way from its first to its last value",
    "half_time": "`half_time(x)`: when it is half-way from its first to its last value",
    "settles": "`settles(x, 0.005)`: when it is within so much of its last value for good",
    "reaches": "`reaches(x, 0.005)`: when it first is within so much of its extreme",
    "slope": "`slope(x)`: of the line through it, over the window",
    "rise": "`rise(x)`: the largest rise above its first value",
    "fall": "`fall(x)`: the fall from its maximum to its last value",
    "isosbestic": "`isosbestic(s)`: the wavelength at which a spectrum stays as it is",
}
