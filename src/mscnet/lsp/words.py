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
