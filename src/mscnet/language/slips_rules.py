"""Slips in structured species and rules, those of who come from BNGL and Kappa too."""

from __future__ import annotations

import re
from typing import Protocol

from mscnet.diagnostics import UNSUPPORTED, Diagnostic, Fix, Span, instead, replacing, suggest


class Slip(Protocol):
    """What `slips` knows of the place of a syntax error."""

    before: str
    after: str
    nested: bool
    head: str
    start: int
    at: int

    def span(self, start: int | None = None, end: int | None = None) -> Span: ...

    def error(
        self, message: str, hint: str | None = None, span: Span | None = None, *fixes: Fix, code: str = "E002"
    ) -> Diagnostic: ...


_IN_MOLECULE = re.compile(r"[^\W\d][\w.]*(?:%\w+)?\([^()]*$")


def in_rule(c: Slip) -> Diagnostic | None:
    """What a syntax error in a line with structured patterns most likely is."""
    for slip in (_concentration, _restriction, _in_observable):
        found = slip(c)
        if found is not None:
            return found
    if "@" in c.before.split(":")[-1] and not _IN_MOLECULE.search(c.before):
        return None
    for slip in (_head, _function, _site, _blank, _bare, _state_outside):
        found = slip(c)
        if found is not None:
            return found
    return None


def _concentration(c: Slip) -> Diagnostic | None:
    """``[L(r)]`` in an expression."""
    name = re.search(r"\[([^\W\d]\w*)$", c.before)
    sites = re.match(r"\([^()\[\]]*[^()]*\)", c.after)
    if name is None or sites is None or re.search(r"\([^()]*$", c.before[: name.start()]):
        return None
    pattern = (name[1] + c.after[: c.after.find("]")]).strip() if "]" in c.after else name[1] + sites[0]
    message = f"`[{pattern[:60]}]`: a structured species has no concentration by this name"
    hint = f"count it, `observable x = molecules {pattern[:60]}`, and write `x` here"
    if c.before[: name.start()].endswith("-") and "@" not in c.before:
        message = "a structured species over the arrow"
        hint = f"a catalyst stands on both sides of a rule, `{pattern[:60]} + … -> {pattern[:60]} + …`"
    return c.error(message, hint, c.span(c.at - len(name[0]), c.at + len(sites[0])))


#: Words before a bracket of their own.
_RESTRICTIONS = ("include_reactants", "exclude_reactants", "include_products", "exclude_products")


def _restriction(c: Slip) -> Diagnostic | None:
    """``include_reactant(1, B())``, ``include_reactants(1)``"""
    word = re.search(r"([^\W\d]\w{7,})\s*$", c.before)
    if word and c.after.startswith("(") and re.match(r"\(\s*\d", c.after):
        near = suggest(word[1], _RESTRICTIONS, words=True)
        if near is not None:
            place = c.span(c.at - len(c.before) + word.start(), c.at - len(c.before) + word.end(1))
            return c.error(f"`{word[1]}` is no word of a rule", near, place)
    if c.after.startswith(")") and re.search(r"clude_\w+\(\s*\d+\s*$", c.before):
        hint = "behind the number stand patterns: `include_reactants(1, A(b!+))`"
        return c.error("nothing is asked of this pattern", hint, c.span(c.at, c.at + 1))
    return None


def _in_observable(c: Slip) -> Diagnostic | None:
    """``observable N = 2*molecules A(b)``, ``observable N = molecules A(b), species B(a)``"""
    if c.head != "observable":
        return None
    if re.search(r",\s*(?:molecules|species)\s*$", c.before):
        hint = "an observable counts molecules or species: write two, and add their names in a third"
        return c.error("a second count in one observable", hint, c.span())
    counted = re.search(r"(?:molecules|species)\s+([^\W\d][\w.]*)\s*$", c.before)
    if counted and c.after.startswith("("):
        hint = "count in an observable of its own, `observable n = molecules A(b)`, and write `n` here"
        start = c.at - len(c.before) + counted.start()
        return c.error("a count stands alone behind the `=` of its observable", hint, c.span(start, c.at))
    return None


def in_event(c: Slip) -> Diagnostic | None:
    """``at t = 5 s { A(s~u) += 1 uM }``"""
    named = re.fullmatch(r"[^\W\d][\w.]*", c.before)
    sites = re.match(r"\([^()\n]*\)(?P<arrow>\s*(?:[-<→←⇌]|\+(?!=)))?", c.after)
    if named is None or sites is None or sites["arrow"]:
        return None
    shown = (named[0] + sites[0])[:60]
    hint = f"let a rule bring it, `0 -> {shown} @ feed`, and the event set its rate: `feed = 1 uM/s`"
    message = "an event that sets a structured species: mscnet does not have this"
    return c.error(message, hint, c.span(c.start, c.at + sites.end()), code=UNSUPPORTED)


def _head(c: Slip) -> Diagnostic | None:
    """``molecule A`` without brackets, ``molecule -> B``."""
    if c.head != "molecule":
        return None
    span = c.span(c.start, c.start + len(c.head))
    if c.before.strip() == "molecule" and not re.match(r"[^\W\d]", c.after):
        return c.error("`molecule` begins a statement, so it cannot be a name", "choose another name", span)
    named = re.match(r"([^\W\d]\w*)", c.after)
    if named and re.match(r"\w+\(", c.after) and re.search(r"(?:molecule|,)\s*$", c.before):
        place = c.span(c.at, c.at + len(named[1]))
        return c.error(f"no molecule can be called `{named[1]}`: it is a word of the language", "choose another", place)
    if named and re.search(r"(?:molecule|,)\s*$", c.before):
        place = c.span(c.at, c.at + len(named[1]))
        hint = instead("its sites stand in brackets, none in empty ones", f"{named[1]}()", True)
        return c.error(f"the molecule `{named[1]}` has no brackets", hint, place)
    return None


def _function(c: Slip) -> Diagnostic | None:
    """``f(x) = 2*x`` without ``function``."""
    if c.after.startswith("=") and re.fullmatch(r"[^\W\d]\w*\([^()~!]*\)\s*", c.before):
        place = c.span(c.start, c.start)
        fix = replacing(place, "function ", False, "write `function` before it")
        name = c.before.strip()
        hint = f"a function is declared with `function {name} = …`, a species with `species {name} = …`"
        return c.error("a pattern cannot be given a value", hint, c.span(c.start, c.at + 1), fix)
    return None


def _site(c: Slip) -> Diagnostic | None:
    """``A(b=u)``, ``A(b{u})`` and ``A(b[1])`` for ``A(b~u)`` and ``A(b!1)``; ``A(b c)`` for ``A(b, c)``."""
    if not _IN_MOLECULE.search(c.before):
        return None
    state = re.match(r"=\s*(\w+)|\{(\w+)\}", c.after)
    if state:
        name = state[1] or state[2]
        hint = instead(f"a state stands behind `~`: `~{name}`", f"~{name}", True)
        return c.error("a site is in a state with `~`", hint, c.span(c.at, c.at + state.end()))
    bond = re.match(r"\[(\w+|\.|_|#)\]", c.after)
    if bond is None and re.search(r"\w\[$", c.before):
        bond = re.match(r"(\w+)\]", c.after)
    if bond:
        name = {".": "", "_": "!+", "#": "!?"}.get(bond[1], f"!{bond[1]}")
        return c.error("a bond stands behind `!`", f"as in `!{bond[1]}`; `!+` is any, a free site has none", c.span())
    if re.search(r"\w\s+$", c.before) and re.match(r"[^\W\d]", c.after):
        return c.error("a comma is missing between two sites", "write `A(b, c)`", c.span(c.at, c.at + 1))
    bare = re.match(r"([~!])(?=[\s,)]|$)", c.after)
    if bare and re.search(r"\w$", c.before):
        if bare[1] == "!":
            return c.error("a bond without its label", "`!1` names a bond, `!+` is any; a free site has none", c.span())
        return c.error("a state without its name", "as in `~u`; where any state will do, leave it out", c.span())
    mark = re.match(r"[~!]", c.after)
    if mark and re.search(r"[(,]\s*$", c.before):
        what = "state" if mark[0] == "~" else "bond"
        return c.error(f"a {what} without its site", f"write the name of the site before it: `b{mark[0]}…`", c.span())
    return None


def _blank(c: Slip) -> Diagnostic | None:
    """``A (b)``"""
    if c.after.startswith("(") and re.search(r"[^\W\d]\w*\s+$", c.before):
        size = len(c.before) - len(c.before.rstrip())
        fix = replacing(c.span(c.at - size, c.at), "", False, "remove the blank")
        message = "a blank stands between the name of a molecule and its bracket"
        return c.error(message, "write the bracket right after the name: `A(b)`", c.span(c.at, c.at + 1), fix)
    return None


def _bare(c: Slip) -> Diagnostic | None:
    """``A(b!1).B``"""
    named = re.match(r"([^\W\d]\w*)", c.after)
    if named and re.search(r"\)\s*\.\s*$", c.before):
        hint = instead("in a complex every molecule has its brackets", f"{named[1]}()", True)
        return c.error(f"the molecule `{named[1]}` has no brackets", hint, c.span(c.at, c.at + len(named[1])))
    return None


def _state_outside(c: Slip) -> Diagnostic | None:
    """``A~u``, ``A!1``: a state or a bond of nothing."""
    mark = re.match(r"[~!]\w*", c.after)
    name = re.search(r"([^\W\d]\w*)$", c.before)
    if mark and name and not c.nested:
        hint = f"they belong to sites, in brackets: `{name[1]}(b{mark[0]})`"
        what = "states" if mark[0][0] == "~" else "bonds"
        return c.error(f"a species has no {what} of its own", hint, c.span(c.at, c.at + len(mark[0])))
    return None
