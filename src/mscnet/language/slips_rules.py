"""Slips in structured species and rules, those of who come from BNGL and Kappa too."""

from __future__ import annotations

import re
from typing import Protocol

from mscnet.diagnostics import Diagnostic, Fix, Span, instead, replacing


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
    counted = _concentration(c)
    if counted is not None:
        return counted
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


def _head(c: Slip) -> Diagnostic | None:
    """``molecule A`` without brackets, ``molecule -> B``."""
    if c.head != "molecule":
        return None
    span = c.span(c.start, c.start + len(c.head))
    if c.before.strip() == "molecule" and not re.match(r"[^\W\d]", c.after):
        return c.error("`molecule` begins a statement, so it cannot be a name", "choose another name", span)
    named = re.match(r"([^\W\d]\w*)", c.after)
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
        return c.error("a comma is missing between two sites", None, c.span(c.at, c.at + 1))
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
