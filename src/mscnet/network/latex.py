"""LaTeX of names and expressions, in reading order and as chemists print them."""

from __future__ import annotations

import re
from fractions import Fraction

from mscnet.mechanism.expression import (
    Call,
    Comparison,
    Expression,
    Lookup,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    number_text,
)

_GREEK = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota",
    "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau",
    "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda",
    "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
]  # fmt: skip
_GREEK_LETTERS = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ",
        [f"\\{name}" for name in _GREEK],
        strict=True,
    )
) | {"µ": r"\mu", "Å": r"\mathring{A}", "°": r"^{\circ}", "∅": r"\varnothing"}
_ESCAPES = {
    "_": r"\_", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&", "{": r"\{", "}": r"\}",
    "\\": r"\backslash ", "~": r"\sim ", "^": r"\wedge ",
}  # fmt: skip
#: Rate constants: whatever follows a k in small letters is its index, as in ``kcat``, ``krev2``; kappa is Greek.
_RATE_CONSTANT = re.compile(r"(k)((?!appa(?:[_\d]|$))[a-z]\w*)")
#: Second parts of names that chemists write as an index: ``Km``, ``Vmax``.
_INDICES = re.compile(r"([KVEn])((?:max|min|on|off|cat|eq|obs|in|out|[a-z])(?:[0-9]*|[fr]))")
_CHARGE = re.compile(r"(.+?)\^\(?([0-9]*[+-])\)?")
#: A member of a family, ``F[3]``: its index is one in print, too.
_MEMBER = re.compile(r"([^\[\]]+)\[([^\[\]]*)\]")
_FUNCTIONS = {
    "exp": r"\exp", "log": r"\ln", "ln": r"\ln", "log10": r"\log_{10}", "sin": r"\sin", "cos": r"\cos",
    "tan": r"\tan", "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan", "sinh": r"\sinh", "cosh": r"\cosh",
    "tanh": r"\tanh", "sign": r"\operatorname{sgn}", "min": r"\min", "max": r"\max",
}  # fmt: skip
_COMPARISONS = {"<": "<", ">": ">", "<=": r"\leq", ">=": r"\geq"}
_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def species_latex(name: str) -> str:
    """A species' concentration: ``\\left[\\mathrm{CdTe\\_PC}\\right]``; a charge is raised."""
    return rf"\left[\mathrm{{{formula_latex(name)}}}\right]"


def formula_latex(name: str) -> str:
    """A species' name inside ``\\mathrm``: ``H^{+}``, ``CdTe\\_PC``."""
    charge = _CHARGE.fullmatch(name)
    if charge:
        return f"{formula_latex(charge[1])}^{{{charge[2]}}}"
    member = _MEMBER.fullmatch(name)
    return f"{escape(member[1])}_{{{escape(member[2])}}}" if member else escape(name)


def symbol_latex(name: str) -> str:
    """A parameter or other quantity: ``k1`` is ``k_{1}``, ``Vmax`` is ``V_{\\mathrm{max}}``, ``alpha`` Greek."""
    if " " in name:  # one that the language made: `in toluene`
        return rf"\text{{{escape(name)}}}"
    member = _MEMBER.fullmatch(name)
    if member:
        stem, index = symbol_latex(member[1]), _index(member[2])
        return f"{stem[:-1]},{index}}}" if stem.endswith("}") and "_{" in stem else f"{stem}_{{{index}}}"
    match = _RATE_CONSTANT.fullmatch(name) or re.fullmatch(r"([^\W\d_]+?)_?([0-9]\w*)", name)
    match = match or re.fullmatch(r"([^\W\d_]+)_(\w+)", name) or _INDICES.fullmatch(name)
    if not match:
        return _letters(name)
    index = match[2] if match[2].isdigit() else rf"\mathrm{{{escape(match[2])}}}"
    return f"{_letters(match[1])}_{{{index}}}"


def _index(text: str) -> str:
    return ",".join(part if part.lstrip("-").isdigit() else rf"\mathrm{{{escape(part)}}}" for part in text.split(","))


def _letters(text: str) -> str:
    if text in _GREEK:
        return f"\\{text}"
    if len(text) == 1:
        return escape(text)
    return rf"\mathit{{{escape(text)}}}"


def escape(text: str) -> str:
    """A name with LaTeX's own signs made harmless and Greek letters spelled."""
    spelled = (_GREEK_LETTERS.get(c, _ESCAPES.get(c, c)) for c in text)
    return "".join(c + " " if c[:1] == "\\" and c[-1:].isalpha() else c for c in spelled).strip()


def number_latex(value: Fraction) -> str:
    """A number: an integer, a decimal, or a decimal times a power of ten."""
    mantissa, _, exponent = number_text(value).partition("e")
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" or mantissa == "1.0" else rf"{mantissa} \cdot {power}"


def to_latex(expression: Expression) -> str:
    """LaTeX of an expression, without dollar signs; species as concentrations in brackets."""
    return _latex(expression)[0]


def _latex(e: Expression) -> tuple[str, int]:
    match e:
        case Number(value):
            return number_latex(value), _SUM if value < 0 else _ATOM if value.denominator == 1 else _PRODUCT
        case Symbol(name, kind):
            return _symbol(name, kind), _ATOM
        case Sum(terms):
            return sum_latex([_wrap(t, _PRODUCT) if isinstance(t, Sum) else _latex(t)[0] for t in terms]), _SUM
        case Product(factors):
            return _product(factors)
        case Power(base, exponent):
            return _power(base, exponent)
        case Call(function, arguments):
            return _call(function, arguments)
        case Comparison(operator, left, right):
            return f"{_latex(left)[0]} {_COMPARISONS[operator]} {_latex(right)[0]}", _SUM
        case Lookup(table):
            escaped = re.sub(r"([#$%&_{}])", r"\\\1", table.name.replace("\\", "/"))
            return rf"\text{{{escaped}}}", _ATOM


def _symbol(name: str, kind: str) -> str:
    if kind == "species":
        return species_latex(name)
    if kind in ("time", "temperature"):
        return "t" if kind == "time" else "T"
    return symbol_latex(name)


def sum_latex(terms: list[str]) -> str:
    """Terms joined by their signs."""
    text = "".join(f" - {t[1:].lstrip()}" if t.startswith("-") else f" + {t}" for t in terms)
    return ("-" if text.startswith(" -") else "") + text[3:]


def _product(factors: tuple[Expression, ...]) -> tuple[str, int]:
    sign, above, below = "", [], []
    for factor in factors:
        if isinstance(factor, Number) and factor.value == -1:
            sign = "" if sign else "-"
        elif isinstance(factor, Power) and isinstance(factor.exponent, Number) and factor.exponent.value < 0:
            below.append(_inverse(factor.base, factor.exponent.value))
        else:
            above.append(factor)
    text = _factors(above)
    if below:
        text = rf"\frac{{{text}}}{{{_factors(below)}}}"
    return sign + text, _SUM if sign else _PRODUCT


def _inverse(base: Expression, exponent: Fraction) -> Expression:
    return base if exponent == -1 else Power(base, Number(-exponent))


def _factors(factors: list[Expression]) -> str:
    if len(factors) == 1:
        return _latex(factors[0])[0]
    text = ""
    for factor in factors:
        # Two numbers side by side would read as one.
        joint = r" \cdot " if text[-1:].isdigit() and isinstance(factor, Number) else r" \, "
        text += (joint if text else "") + _wrap(factor, _PRODUCT)
    return text or "1"


def _power(base: Expression, exponent: Expression) -> tuple[str, int]:
    if isinstance(exponent, Number):
        if exponent.value < 0:
            return rf"\frac{{1}}{{{_latex(_inverse(base, exponent.value))[0]}}}", _PRODUCT
        if exponent.value == Fraction(1, 2):
            return rf"\sqrt{{{_latex(base)[0]}}}", _ATOM
    return f"{_wrap(base, _ATOM)}^{{{_latex(exponent)[0]}}}", _POWER


def _call(function: str, arguments: tuple[Expression, ...]) -> tuple[str, int]:
    if function == "if":
        condition, yes, no = (_latex(a)[0] for a in arguments)
        rows = rf"{yes} & \text{{if }} {condition} \\ {no} & \text{{otherwise}}"
        return rf"\begin{{cases}} {rows} \end{{cases}}", _PRODUCT
    inside = ", ".join(_latex(a)[0] for a in arguments)
    if function == "sqrt":
        return rf"\sqrt{{{inside}}}", _ATOM
    if function == "floor":
        return rf"\left\lfloor {inside} \right\rfloor", _ATOM
    if function == "abs":
        return rf"\left|{inside}\right|", _ATOM
    return rf"{_FUNCTIONS[function]}\left({inside}\right)", _POWER


def _wrap(e: Expression, level: int) -> str:
    text, own = _latex(e)
    return text if own >= level else rf"\left({text}\right)"
