"""Statements of structured species and rules, each one valid, or nearly so."""

from __future__ import annotations

from tests.fuzz.world import World

DECLARED = "molecule L(r, r), R(l, y~u~p, d), MTe(e~0~1~2), A()"
BINDING = (("L", "r", "R", "l"), ("R", "d", "R", "d"), ("MTe", "e", "L", "r"))


def _slip(w: World) -> bool:
    """Whether something is to be wrong here."""
    return w.chance(0.02)


def _state(w: World, name: str) -> str:
    states = {"y": ("u", "p"), "e": ("0", "1", "2")}.get(name, ())
    if not states:
        return "~u" if _slip(w) else ""
    return f"~{w.random.choice(states)}" if w.chance(0.8) else w.one("", "~?", "~q" if _slip(w) else "")


def _bound(w: World, bond: str, made: bool) -> tuple[str, str]:
    """Two molecules, bound by `bond` or (`made`) apart."""
    a, one, b, other = w.random.choice(BINDING)
    states = _state(w, one), _state(w, other)
    inside = [f"{a}({one}{states[0]}{{}})", f"{b}({other}{states[1]}{{}})"]
    joint, apart = ".".join(inside).format(bond, bond), " + ".join(inside).format("", "")
    return (apart, joint) if made else (joint, apart)


def pattern(w: World) -> str:
    """What may be asked of one species."""
    if w.chance(0.4):
        return _bound(w, w.one("!1", "!7", "!b"), False)[0]
    site = w.one("", "l", "y", "d", "l, y", "y, d")
    names = [
        f"{name}{_state(w, name)}{w.one('', '', '!+', '!?', '!1' if _slip(w) else '')}"
        for name in site.split(", ")
        if name
    ]
    tag = w.one("%x:", "@PM:") if _slip(w) else ""
    return f"{tag}R({w.one(', ', ',').join(names)})" if w.chance(0.9) else "A()"


def rule(w: World) -> str:
    """Binding, a change of a state, a molecule that comes or goes, a local function."""
    kind = w.one("bind", "bind", "state", "state", "gone", "made", "local")
    both = w.chance(0.5)
    extra = w.one("", "", "", " DeleteMolecules", " MoveConnected", f" include_reactants(1, {pattern(w)})")
    law = w.one("kr", "0.1", "kr/2")
    if kind == "bind":
        left, right = _bound(w, w.one("!1", "!7", "!b"), w.chance())
    elif kind == "state":
        bond = w.one("", ", l!+", ", l!?", ", d")
        left, right = f"R(y~u{bond})", f"R(y~p{bond})"
        if w.chance(0.3):
            left, right = f"{w.a_species()} + {left}", f"{w.a_species()} + {right}"
    elif kind == "local":
        left = right = "%x:R(y~u)"
        law = "kq*Seen(x)"
    else:
        left, right = ("R(y~p)", w.one("0", "∅")) if kind == "gone" else ("0", "L(r, r)")
        both = both and kind == "made" and not extra
        extra = "" if kind == "made" else extra
    if both and w.chance(0.2) and kind != "local":
        laws = "activation(0.5, 2)"
    else:
        laws = ", ".join([law, w.one("kb", "activation(0.3, Ea)") if kind != "local" else law][: 1 + both])
    arrow = w.one("<->", "⇌", "<=>") if both else w.one("->", "→")
    return f"{left} {arrow} {right} @ {laws}{extra}{w.note()}"


def rules(w: World) -> str:
    """A few statements of structured species."""
    lines = [DECLARED, "observable Seen = molecules R(l!+)", "kq = 3"]
    lines += [f"species {w.one('L(r, r)', 'R(l, d)', 'MTe(e~1)', 'R(l, d!1).R(d!1)')} = 2" for _ in range(2)]
    lines += [rule(w) for _ in range(w.random.randint(1, 4))]
    if w.chance(0.5):
        kind = w.one("molecules {}, {}", "species {}, {} > 2", "species {}{{MatchOnce}}, {} == 1")
        lines.append(f"observable {w.fresh('Bound')} = {kind.format(pattern(w), pattern(w))}")
    if w.chance(0.2):
        lines.append(f'energy pattern {pattern(w)} = {w.one("-2", "1", "Ea")} "name"')
    if w.chance(0.2):
        lines.append(f"for E in Te, Se {{ molecule N{{E}}(e~0~1) ; N{{E}}(e~0) -> N{{E}}(e~1) @ k{{E}} ; {rule(w)} }}")
    if w.chance(0.1):
        lines.append(w.one("option max_iter = 5", 'option max_stoich = "R:3"', "population molecule P()"))
    return "\n".join([*lines, "parameter Ea = 1", "option dimensions = free"])
