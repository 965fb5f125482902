"""Slips of those who come from elsewhere: signs that look alike, comments and words of other languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Protocol

from mscnet.diagnostics import Diagnostic, Edit, Fix, Span, instead, is_slip, replacing

#: Signs that a word processor, a web page or another keyboard puts for ours.
_ALIKE = {
    **dict.fromkeys("−–—‐‑‒﹣－", "-"),
    **dict.fromkeys("×⋅∙∗＊", "*"),
    **dict.fromkeys("÷∕⁄／", "/"),
    **dict.fromkeys("⟶⇒⟹⇀⇢➔➜➝➞➡", "->"),
    **dict.fromkeys("⟵⇐⟸⇠", "<-"),
    **dict.fromkeys("⟷⇔⟺⇋⇆⇌︎⥮⥯", "<->"),
    **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
    "＋": "+", "＝": "=", "：": ":", "；": ";", "，": ",", "、": ",", "（": "(", "）": ")", "［": "[", "］": "]",
    "｛": "{", "｝": "}", "＠": "@", "＃": "#", "＾": "^", "ˆ": "^", "…": "..", "≤": "<=", "≥": ">=", "℃": "°C",
}  # fmt: skip
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_RAISED_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_QUOTED = re.compile(r"[“”„‟«‘‚‹「]([^“”„‟«»‘’‚‹›「」\"\n]*)[“”‟»’›」]")
_ARROW = re.compile(r"<->|<=>|->|<-|→|←|⇌|⇄|↔|\]->?")
_LAW = re.compile(r"@|\brate\b")

#: Words that begin a declaration in other languages, with ours; "" where there is none, since none is needed.
_SYNONYMS = {
    "init": "species", "initial": "species", "compound": "species", "metabolite": "species", "specie": "species",
    "param": "parameter", "params": "parameter", "par": "parameter", "parameters": "parameter", "var": "parameter",
    "const": "parameter", "constant": "parameter", "constants": "parameter", "variable": "parameter",
    "def": "function", "func": "function", "fn": "function", "functions": "function",
    "obs": "observable", "observables": "observable", "output": "observable", "options": "option",
    "reaction": "", "reactions": "", "rxn": "", "let": "", "rule": "", "rules": "",
    "molecules": "molecule", "agent": "molecule", "monomer": "molecule", "seed": "species",
    "facts": "expect", "experiments": "experiment", "pathways": "pathway", "solvents": "solvent",
}  # fmt: skip
#: How files of other languages begin, with what each is and what can be done.
_LANGUAGES = (
    (
        re.compile(r"begin\s+(model|parameters|molecule|seed|species|observables|functions|reactions?|compartments)\b"),
        "BNGL",
        "keep it in a file whose name ends in `.bngl`, which mscnet reads; `mscnet import` writes it in this language",
    ),
    (
        re.compile(r"\*?model\s+\*?\w+\s*(\(|$|\n)"),
        "Antimony",
        "a reaction is written `J1: A -> B @ k1`, an initial value `species A = 1 mM`; no block goes round them",
    ),
    (re.compile(r"<(\?xml|sbml|!--|\w+[ >])"), "XML, perhaps SBML", "mscnet does not read SBML yet"),
    (
        re.compile(r"(ELEMENTS?|ELEM|SPEC|REACTIONS?|REAC|THERMO)\b(?!\s*[:=])|SPECIES\b(?=[^\n=]*\n(.*\n)*?END)"),
        "CHEMKIN",
        "a reaction is written `H + O2 <-> OH + O @ kf, kr`; elements are read off the species: `species O2 of O2`",
    ),
    (
        re.compile(r"%(agent|var|obs|init|mod|token)\s*:"),
        "Kappa",
        "a rule is written `A(b) + B(a) -> A(b!1).B(a!1) @ k`, and molecules are declared, `molecule A(b), B(a)`",
    ),
    (
        re.compile(r"(\w+\s*=\s*)?@reaction_network\b"),
        "Catalyst.jl",
        "the constant stands behind: `S + E --> SE` with `kB` before it is `S + E -> SE @ kB`",
    ),
    (
        re.compile(r"(d\[?\w+\]?\s*/\s*dt|\w+')\s*="),
        "rate equations",
        "write the reactions, `A -> B @ k1`: mscnet derives the equations, and `show FILE equations` prints them",
    ),
    (re.compile(r"(phases|reactions)\s*:\s*(\n|$)"), "YAML, perhaps of Cantera", "reactions are lines: `A -> B @ k`"),
)  # fmt: skip
_CONSTANT = re.compile(r"k\w*|(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


class Slip(Protocol):
    """What is known of the error."""

    at: int
    before: str
    after: str
    head: str
    token: str
    nested: bool
    rest_of_line: str
    start: int

    @property
    def ended(self) -> bool: ...

    @property
    def line_before(self) -> str: ...

    def span(self, start: int | None = None, end: int | None = None) -> Span: ...

    def error(
        self, message: str, hint: str | None = None, span: Span | None = None, *fixes: Fix, code: str = "E002"
    ) -> Diagnostic: ...


def other_language(c: Slip) -> Diagnostic | None:
    """The first line of a file in another language: the rest would be as wrong."""
    if c.line_before.strip():
        return None
    text = c.before + c.after
    for pattern, name, hint in _LANGUAGES:
        if pattern.match(text):
            begin = re.match(r"[^\n]*", text)
            end = c.start + len(begin[0].rstrip() if begin else "")
            return c.error(f"this is written in another language ({name})", hint, c.span(c.start, end), code="E260")
    return None


def comment(c: Slip) -> Diagnostic | None:
    """``// …``, ``/* … */``, ``! …`` and, at the start of a statement, ``% …``."""
    place = c.at - 1 if c.before.endswith("/") and c.after[:1] in ("/", "*") else c.at
    text = c.before[len(c.before) - (c.at - place) :] + c.rest_of_line
    around = re.match(r"/\*(.*?)\*/[ \t;]*$", text)
    if around:
        hint = instead("comments begin with `#` and end with the line", f"# {around[1].strip()}", True)
        return c.error("`/* */` does not make a comment", hint, c.span(place, place + len(text.rstrip(" \t;"))))
    mark = next((m for m in ("//", "/*", "!", "%") if text.startswith(m)), "")
    if not mark or (mark == "%" and c.before.strip()) or (mark == "!" and c.nested):
        return None
    if mark == "!" and (re.search(r"\w\s*$", c.before) and "->" not in c.before and "@" not in c.before):
        return None  # `A! -> B` is an odd name
    hint = instead("comments begin with `#`", "#", mark != "/*")
    return c.error(f"`{mark}` does not begin a comment", hint, c.span(place, place + len(mark)))


def quotes(c: Slip) -> Diagnostic | None:
    """Curly quotes, as word processors make them, and single ones."""
    found = _QUOTED.match(c.rest_of_line)
    if not found and c.before[-1:] in (" ", "\t", "="):
        found = re.match(r"'([^'\"\n]*)'", c.rest_of_line)
    if not found:
        return None
    hint = instead('texts stand in straight double quotes, `"…"`', f'"{found[1]}"', True)
    return c.error(f"`{found[0][0]}` does not begin a text", hint, c.span(c.at, c.at + len(found[0])))


def look_alike(c: Slip) -> Diagnostic | None:
    """A sign that only looks like one of the language."""
    raised = _RAISED_RUN.match(c.after)
    if raised:
        digits = re.search("[⁰¹²³⁴⁵⁶⁷⁸⁹]*$", c.before)
        shown = (digits[0] if digits else "") + raised[0]
        start = c.at - len(shown) + len(raised[0])
        wanted = "^" + shown.translate(_RAISED)
        hint = instead(f"write `{wanted}`", wanted, True)
        return c.error(f"`{shown}` is not read as a power", hint, c.span(start, start + len(shown)))
    sign = c.after[:1]
    if sign not in _ALIKE or re.match(r"[−–—]+>", c.after):  # the latter is an arrow
        return None
    name = unicodedata.name(sign, f"U+{ord(sign):04X}").lower()
    wanted = _ALIKE[sign]
    shown = (
        f"`{sign}` ({name})" if sign.isprintable() and not sign.isspace() else f"the sign U+{ord(sign):04X} ({name})"
    )
    remedy = f"write `{wanted}`" if wanted.strip() else "write a plain blank" if wanted else "take it out"
    return c.error(f"{shown} has no meaning here", instead(remedy, wanted, True), c.span(c.at, c.at + 1))


def head_typo(c: Slip) -> Diagnostic | None:
    """``specis A``, ``paramter k = 1``, ``Species A``, ``init A = 1 mM``, ``reaction A -> B``."""
    if not re.fullmatch(r"\w+[ \t]+", c.before) or not re.match(r'[\w"({\[]', c.after):
        return None
    from mscnet.language.slips import HEADS  # which finds this module when there is an error

    span = c.span(c.start, c.start + len(c.head))
    word = c.head.casefold()
    if word in _SYNONYMS and (_SYNONYMS[word] or _ARROW.search(c.rest_of_line) or "=" in c.rest_of_line):
        ours = _SYNONYMS[word]
        if not ours:
            cut = replacing(c.span(c.start, c.at), "", True, f"remove `{c.head}`")
            return c.error(f"`{c.head}` begins no statement", "leave it out: the line says it all", span, cut)
        if not _ARROW.search(c.rest_of_line):
            return c.error(f"`{c.head}` begins no statement", instead(f"write `{ours}`", ours, True), span)
    if _ARROW.search(c.rest_of_line) and not word.startswith("pathway"):
        return None
    words = [*HEADS]
    near = [w for w in words if is_slip(c.head, w, True)]
    if not near:
        import difflib

        near = difflib.get_close_matches(word, words, n=1, cutoff=0.75) if len(word) > 4 else []
    if len(near) == 1 or (near and near[0].casefold() == word):
        sure = is_slip(c.head, near[0], True)
        hint = instead(f"did you mean `{near[0]}`?", near[0], sure)
        return c.error(f"`{c.head}` begins no statement", hint, span)
    return None


def law_after_semicolon(c: Slip) -> Diagnostic | None:
    """``J1: A -> B; k1*A``, as in Antimony and Tellurium."""
    line = c.line_before
    if not line.rstrip().endswith(";") or _LAW.search(line) or not _ARROW.search(line) or "=" in c.before:
        return None
    end = re.search(r"[^;#]*", c.before + c.rest_of_line)
    law = end[0].rstrip() if end else ""
    if not law or _ARROW.search(law) or "=" in law:
        return None
    semicolon = c.start - len(line) + line.rindex(";")
    joined = Fix("put `rate` for the `;`", (Edit(c.span(semicolon, c.start), " rate "),))
    hint = "write the whole law after `rate`, or its constant after `@`"
    return c.error("a rate law is not a statement of its own", hint, c.span(c.start, c.start + len(law)), joined)


def missing_sign(c: Slip) -> Diagnostic | None:
    """A constant without its ``@``, two species without a ``+``."""
    if c.nested or c.token == "character" or not re.search(r"[\w\])+-]\s*$", c.before) or _LAW.search(c.before):
        return None
    line = re.sub(r'#.*|"[^"]*"|;.*', "", c.rest_of_line)
    behind = re.match(r"(,\s*)?(?=\w)", c.after)
    if not behind or c.head in ("parameter", "observable", "option", "units", "function", "unit"):
        return None
    here = c.span(c.at, c.at)
    word = re.match(r"[\w.]+", c.after[behind.end() :])
    shown = word[0] if word else ""
    if _ARROW.search(c.before) and not _ARROW.search(line):
        constant = _CONSTANT.match(c.after, behind.end())
        whole = constant is not None and re.match(r"$|[\s,/*^]", c.after[constant.end() :] or "") is not None
        if not whole and behind[0]:
            return None
        safe = whole and "+" not in line.replace("e+", "").replace("E+", "")
        cut = c.span(c.at, c.at + len(behind[0])) if behind[0] else here
        add = "@ " if c.before[-1:].isspace() else " @ "
        at_sign = replacing(cut, add, safe, f"put `@` before `{shown}`")
        place = c.span(c.at + len(behind[0]), c.at + len(behind[0]) + len(shown))
        if whole:
            return c.error(f"`{shown}` stands without its `@`", f"write `@ {shown}`", place, at_sign)
        plus = replacing(here, "+ ", False, f"put `+` before `{shown}`")
        hint = "write `+` before another product, `@` before a rate constant"
        return c.error(f"a sign is missing before `{shown}`", hint, place, plus, at_sign)
    if _ARROW.search(line) and not behind[0] and "=" not in c.before:
        plus = replacing(here, "+ ", False, f"put `+` before `{shown}`")
        return c.error(f"a `+` is missing before `{shown}`", f"write `… + {shown}`", None, plus)
    return None


#: Those that may stand anywhere, and those of statements.
ANYWHERE: tuple[Callable[[Slip], Diagnostic | None], ...] = (comment, quotes, look_alike)
OF_STATEMENTS: tuple[Callable[[Slip], Diagnostic | None], ...] = (
    other_language,
    *ANYWHERE,
    head_typo,
    law_after_semicolon,
)
