"""What a syntax error most likely is, in a chemist's words."""

from __future__ import annotations

import re
from collections.abc import Callable

from mscnet.diagnostics import UNSUPPORTED, Diagnostic, Fix, Hint, Source, Span, instead, replacing

#: Statement heads, which no species can be called.
HEADS = (
    "species", "parameter", "units", "unit", "function", "observable", "option", "pathway", "import", "for",
    "band", "instrument", "data", "expect", "in", "solution", "solvent", "liquid", "solid", "experiment",
    "at", "every", "when", "compartment", "molecule",
)  # fmt: skip

#: Heads of statements that declare no name.
DECLARING_NOTHING = frozenset(
    {"units", "option", "band", "instrument", "data", "expect", "in", "import", "at", "every", "when", "for"}
)

_ARROW = re.compile(r"<->|<=>|->|<-|→|←|⇌|⇄|↔")
_WORD = re.compile(r"[^\W\d]\w*")

#: Tokens as a person would name them, in the order in which they are offered.
_SHOWN = {
    "ARROW": "an arrow such as `->`",
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": 'a text in quotes `"…"`',
    "FORMULA": "a formula such as `C8H19N`",
    "EQUAL": "`=`",
    "CHANGE": "`+=`",
    "COLON": "`:`",
    "COMMA": "`,`",
    "AT": "`@`",
    "ADD": "`+`",
    "PLUS": "`+`",
    "RPAR": "`)`",
    "RSQB": "`]`",
    "LBRACE": "`{`",
    "_NL": "the end of the line",
}


class Slips(list[Diagnostic]):
    """What is wrong with the syntax of a text, and the names in what was left unread because of it."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[str] = set()

    def lose(self, text: str) -> None:
        """Keep the names of a stretch that is left unread, without its texts and comments."""
        for line in re.sub(r'"[^"\n]*"|#[^\n]*', " ", text).split("\n"):
            names = _WORD.findall(line)
            if names and names[0] not in DECLARING_NOTHING:
                self.lost.update(names)


def unsupported(what: str, span: Span) -> Diagnostic:
    """The diagnostic of a construct that the language describes and mscnet does not have yet."""
    return Diagnostic("error", UNSUPPORTED, f"{what}: mscnet does not have this yet", span)


def too_deep(span: Span, nesting: int | None) -> Diagnostic:
    """Brackets beyond `nesting`, or, without it, an expression of too many levels."""
    from mscnet.mechanism.expression import MAX_DEPTH

    what = f"brackets nest more than {nesting} deep" if nesting else f"an expression more than {MAX_DEPTH} levels deep"
    return Diagnostic("error", "E004", what, span, hint="name parts of it: `part = …`")


def unclosed(span: Span) -> Diagnostic:
    """A bracket or block that is never closed."""
    opening = span.text
    closing = {"(": ")", "[": "]", "{": "}"}.get(opening, "]->")
    text = span.source.text
    line = text.find("\n", span.start)
    end = len(text) if opening == "{" else len(text[: line if line >= 0 else len(text)].split("#")[0].rstrip())
    fix = replacing(Span(span.source, end, end), f"{closing}\n" if opening == "{" else closing)
    hint = f"close it with `{closing}`"
    return Diagnostic("error", "E003", f"this `{opening}` is never closed", span, hint, fixes=(fix,))


def explain(
    source: Source,
    start: int,
    at: int,
    token: str,
    accepts: frozenset[str],
    nested: bool,
    bench: bool = False,
    block: str = "",
) -> Diagnostic:
    """The diagnostic for a token of kind `token` at `at` that the statement from `start` cannot take.

    `accepts` are the kinds that it could take there; `nested` says whether a bracket is open, `bench` whether the
    place is in a block that no reaction can stand in, `block` with which word the statement of the block begins.
    """
    context = _Context(source, start, at, token, accepts, nested)
    if bench and block:
        from mscnet.language.slips_seen import explain_in_block  # patterns that a text without errors does not need

        found = explain_in_block(context, block)
        if found is not None:
            return found
    if bench and block in ("at", "every", "when"):
        from mscnet.language.slips_rules import in_event

        found = in_event(context)
        if found is not None:
            return found
    from mscnet.language import slips_foreign as foreign

    slips = (
        (*foreign.ANYWHERE, *_BENCH_SLIPS)
        if bench
        else (*_FIRST_SLIPS, *foreign.OF_STATEMENTS, *_SLIPS, foreign.missing_sign)
    )
    for recognise in slips:
        found = recognise(context)
        if found is not None:
            return found
    return _generic(context)


#: Of a longer statement, what stands before an error is looked at in its beginning and its end alone: some patterns
#: below would take time as its square.
_LONGEST_BEFORE, _BEGINNING = 600, 200


def _outline(text: str, start: int, end: int) -> str:
    """``text[start:end]``, the middle of which has no letters where it is long."""
    if end - start <= _LONGEST_BEFORE:
        return text[start:end]
    last = end - _LONGEST_BEFORE + _BEGINNING
    return text[start : start + _BEGINNING] + "\x01" * (last - start - _BEGINNING) + text[last:end]


class _Context:
    def __init__(self, source: Source, start: int, at: int, token: str, accepts: frozenset[str], nested: bool) -> None:
        self.source, self.start, self.at = source, start, at
        self.token, self.accepts, self.nested = token, accepts, nested
        text = source.text
        self.before = _outline(text, start, at)
        self.after = text[at : at + 200]
        first = _WORD.match(text, start)
        self.head = first[0] if first else ""
        line_end = text.find("\n", at)
        self.rest_of_line = text[at : line_end if line_end >= 0 else len(text)]

    @property
    def ended(self) -> bool:
        return self.token in ("_NL", "$END", "RBRACE") or self.after[:1] in ("", "\n", ";")

    def span(self, start: int | None = None, end: int | None = None) -> Span:
        start = self.at if start is None else start
        if end is None:
            piece = re.match(r"\w+|->|<->|<-|\S", self.source.text[start : start + 200])
            end = start + (len(piece[0]) if piece else 1)
        return Span(self.source, start, min(end, max(start + 1, len(self.source.text))))

    @property
    def line_before(self) -> str:
        """What stands before the statement in its line."""
        begin = self.source.text.rfind("\n", 0, self.start) + 1
        return self.source.text[begin : self.start]

    def error(
        self, message: str, hint: str | None = None, span: Span | None = None, *fixes: Fix, code: str = "E002"
    ) -> Diagnostic:
        return Diagnostic("error", code, message, span or self.span(), hint, fixes=fixes)


def _rules(c: _Context) -> Diagnostic | None:
    if c.head != "molecule" and not re.search(r"[(~!.]", c.before[-200:] + c.after[:1]):
        return None
    from mscnet.language.slips_rules import in_rule  # patterns that a text without errors does not need

    return in_rule(c)


def _fast(c: _Context) -> Diagnostic | None:
    """Slips of fast steps: ``fast x: A <-> B``, ``A <-> B fast @ K = 2``, ``fast A <-> B, K = 2``."""
    label = re.fullmatch(r"fast[ \t]+([^\W\d]\w*)\s*", c.before)
    if label and c.after.startswith(":"):
        return c.error("the label of a step stands first", f"write `{label[1]}: fast …`")
    if re.match(r"fast\b", c.after) and _ARROW.search(c.before):
        return c.error("`fast` stands before the step", "as in `fast A <-> B @ K = 2`", c.span(c.at, c.at + 4))
    if re.match(r"(?:\w+\s*:\s*)?fast[ \t]", c.before) and re.match(r",?\s*K\s*=", c.after):
        comma = c.after.startswith(",")
        hint = instead("an equilibrium constant stands after `@`", " @" if comma else "@ K", comma)
        return c.error("an equilibrium constant without `@`", hint, c.span(c.at, c.at + 1))
    return None


def _open_string(c: _Context) -> Diagnostic | None:
    if c.after.startswith('"') and '"' not in c.rest_of_line[1:]:
        span = c.span(c.at, c.at + len(c.rest_of_line.rstrip()))
        fix = replacing(Span(c.source, span.end, span.end), '"', False, "close it at the end of the line")
        return c.error("this text is not closed on its line", 'close it with `"`', span, fix)
    return None


_ION = re.compile(r"([^\W\d]\w*?)(\d*)$")


def _ion(c: _Context) -> Diagnostic | None:
    """``H+``, ``Cu2+``, ``Cu^+2`` for ``H^+`` and ``Cu^2+``; an ion in an expression without its brackets."""
    bare = re.search(r"([^\W\d]\w*?)(\d*)([+-])\s*$", c.before)
    if bare and "@" not in c.before and "=" not in c.before and re.match(r"[+<=→←⇌⇄↔@]|->", c.after or "@"):
        sure = bare[3] == "-" or c.after.startswith("+")
        return _ion_error(c, bare[1], bare[2], bare[3], c.start + bare.start(), c.start + bare.start(3) + 1, sure)
    name = _ION.search(c.before)
    if name and "@" not in c.before and re.match(r"-\s*([+<=→←⇌⇄↔@;]|->|$|\n)", c.after):
        return _ion_error(c, name[1], name[2], "-", c.start + name.start(), c.at + 1, True)
    turned = re.match(r"\^([+-])(\d+)", c.after)
    if name and turned and "@" not in c.before:
        return _ion_error(c, name[0], turned[2], turned[1], c.start + name.start(), c.at + len(turned[0]), True)
    unbracketed = re.search(r"([^\W\d]\w*\^\d*[+-])\s*$", c.before)
    if unbracketed and c.after[:1] in (")", ",", "*", "/", "]"):
        start = c.start + unbracketed.start()
        message = f"the ion `{unbracketed[1]}` needs its brackets here"
        hint = instead(f"write `[{unbracketed[1]}]`", f"[{unbracketed[1]}]", True)
        return c.error(message, hint, c.span(start, start + len(unbracketed[1])))
    return None


def _ion_error(c: _Context, name: str, digits: str, sign: str, start: int, end: int, sure: bool = False) -> Diagnostic:
    """`sure` says that nothing else can be meant; ``O2-`` may be O^2- or O2^-."""
    shown = c.source.text[start:end].strip()
    twisted = shown.endswith(sign) and digits
    hint = f"write `{name}^{digits}{sign}`" + (f", or `{name}{digits}^{sign}`" if twisted else "")
    span = c.span(start, end)
    fixes = [replacing(span, f"{name}^{digits}{sign}", sure and not twisted)]
    fixes += [replacing(span, f"{name}{digits}^{sign}")] if twisted else []
    return c.error(f"`{shown}` is not how an ion is written", hint, span, *fixes)


def _bracketed_species(c: _Context) -> Diagnostic | None:
    """``[A] = 1 mM`` and ``[A] -> B``: brackets mean a concentration, in expressions."""
    line = c.source.text[c.start : c.start + 200].split("\n")[0]
    given = re.match(r"\[(\w+)\]\s*(=)?", line)
    if given and c.at <= c.start + 1:
        hint = instead("write species without brackets", given[1], True)
        if given[2]:
            hint = instead(f"for an initial value write `species {given[1]} = …`", f"species {given[1]}", True)
        span = c.span(c.start, c.start + len(given[1]) + 2)
        return c.error("a statement cannot begin with a concentration", hint, span)
    if re.match(r"\[\w+\]", c.after) and re.search(r"(->|<->|<=>|\+|<-|→|⇌|←)\s*$", c.before) and "@" not in c.before:
        span = c.span(c.at, c.at + c.after.index("]") + 1)
        hint = instead(f"write `{span.text[1:-1]}`", span.text[1:-1], True)
        return c.error("species stand without brackets in a reaction", hint, span)
    return None


def _decimal_comma(c: _Context) -> Diagnostic | None:
    comma = re.search(r"(\d+),\s*$", c.before)
    after = re.match(r"\d+", c.after)
    if comma and after and "@" not in c.before:
        place = c.start + comma.start()
        decimal = f"{comma[1]}.{after[0]}"
        thousands = len(after[0]) == 3 and comma[1] != "0"  # or is it 1000?
        text = f"write `{decimal}`" + (f", or `{comma[1]}{after[0]}`" if thousands else "")
        hint = instead(text, decimal, not thousands)
        return c.error(f"`{comma[1]},{after[0]}` is not a number", hint, c.span(place, c.at + len(after[0])))
    return None


def _one_over_unit(c: _Context) -> Diagnostic | None:
    if re.match(r"1\s*/", c.after) and re.search(r"\d\s+$", c.before):
        over = c.span(c.at, c.at + c.after.index("/") + 1)
        hint = instead("write the unit as `/s`, not `1/s`", "/", True)
        return c.error("a number stands beside a number", hint, over)
    return None


def _odd_name(c: _Context) -> Diagnostic | None:
    mark = c.after[:1]
    glued = re.search(r"\w$", c.before) is not None
    if mark in ("*", "·", ".") and re.search(r"\bof\s+\S+$", c.before):
        return c.error(
            f"`{mark}` has no place in a formula", "write a hydrate as `CuSO4(H2O)5`", c.span(c.at, c.at + 1)
        )
    if glued and mark in ("'", "*", "’", "′", "†", "‡", "•") and "@" not in c.before and "=" not in c.before:
        hint = "names have letters, digits and `_`: `A_exc`, `A_prime`"
        return c.error(f"`{mark}` cannot be part of a name", hint, c.span(c.at, c.at + 1))
    return None


def _missing_product(c: _Context) -> Diagnostic | None:
    arrow = re.search(r"(<->|<=>|->|<-|→|←|⇌|⇄|↔)\s*(#.*)?$", c.before)
    if arrow and c.ended:
        span = c.span(c.start + arrow.start(), c.start + arrow.start() + len(arrow[1]))
        return c.error(f"nothing stands after `{arrow[1]}`", "write the products, or `0` where nothing is left", span)
    return None


_FOREIGN_ARROW = re.compile(r"<?[-=~−–—]+>+|<+[-=~−–—]+>*|<>+|=+|>{2,}")


def _foreign_arrow(c: _Context) -> Diagnostic | None:
    """``A => B``, ``A --> B``, ``A <==> B``, ``A = B``."""
    if c.head in HEADS or "@" in c.before:
        return None
    begun = re.search(r"[-=<>~]+$", c.before.rstrip(" \t"))
    place = c.start + begun.start() if begun else c.at
    arrow = _FOREIGN_ARROW.match(c.source.text, place)
    if arrow is None or _ARROW.fullmatch(arrow[0]) or not re.search(r"[\w+\]}-]\s*$", c.source.text[c.start : place]):
        return None
    shown, span = arrow[0], c.span(place, arrow.end())
    if shown == "=" and place != c.at:
        return None  # `k =`: a value is missing
    if shown == "=":
        fixes = (replacing(span, "->"), replacing(span, "<->"))
        hint = "write `->`, `<-` or `<->` between reactants and products"
        return c.error("`=` does not make a reaction", hint, span, *fixes)
    both = (shown[0] == "<" and shown[-1] == ">") or not {"<", ">"} & set(shown)
    ours = "<->" if both else "<-" if shown[0] == "<" else "->"
    named = shown if len(shown) <= 10 else f"{shown[:10]}…"
    return c.error(f"`{named}` is not an arrow", instead(f"write `{ours}`", ours, ">" in shown or "<" in shown), span)


def _no_arrow(c: _Context) -> Diagnostic | None:
    if c.ended and c.before and "ARROW" in c.accepts and not _ARROW.search(c.before):
        shown = c.before.strip()
        return c.error(
            f"`{' '.join(shown.split())[:60]}` is not a statement",
            "a reaction needs an arrow: `A + B -> C`; a value needs `=`: `k = 0.1`",
            c.span(c.start, c.start + max(1, len(shown))),
        )
    return None


def _reserved(c: _Context) -> Diagnostic | None:
    if c.head in HEADS and re.fullmatch(r"\w+\s*", c.before) and re.match(r"->|<->|<-|:|=|\+", c.after):
        span = c.span(c.start, c.start + len(c.head))
        return c.error(f"`{c.head}` begins a statement, so it cannot be a name", "choose another name", span)
    return None


def _missing_operand(c: _Context) -> Diagnostic | None:
    gap = re.search(r"(\+|->|<-|<->|<=>)\s*-$", c.before)
    if gap and c.after.startswith(">"):  # `A + -> B`: the `-` of the arrow was taken for a sign
        place = c.start + gap.start()
        return c.error(f"a species is missing after `{gap[1]}`", None, c.span(place, place + len(gap[1])))
    operator = re.search(r"[-+*/^(,]\s*$", c.before)
    if operator and ("NUMBER" in c.accepts) and (c.ended or c.after[:1] in ")]*/^,"):
        sign = operator[0].strip()
        place = c.start + operator.start()
        return c.error(f"something is missing after `{sign}`", None, c.span(place, place + 1))
    return None


def _missing_value(c: _Context) -> Diagnostic | None:
    if c.ended and re.search(r"=\s*$", c.before):
        return c.error("a value is missing after `=`", None, c.span(c.at - 1, c.at))
    if c.ended and re.search(r"(@|\brate)\s*$", c.before):
        return c.error("a rate constant or law is missing here", "write it after `@` or `rate`", c.span(c.at - 1, c.at))
    return None


def _missing_times(c: _Context) -> Diagnostic | None:
    """``k1 [A]``: a product without its sign."""
    if re.search(r"[\w\])]\s*$", c.before) and re.search(r"@|=|\brate\b", c.before) and re.match(r"[\[(]", c.after):
        here = replacing(c.span(c.at, c.at), "* " if c.before[-1:].isspace() else "*", False, "put `*` between")
        place = c.span(c.at, c.at + 1)
        return c.error("a `*` is missing here", "a product has its sign, `k*[A]`; units have no brackets", place, here)
    return None


def _event(c: _Context) -> Diagnostic | None:
    if not re.match(r"(?:\w+\s*:\s*)?(?:at|every|when)\b", c.source.text[c.start : c.start + 200]):
        return None
    from mscnet.language.slips_events import explain_event  # patterns that a text without errors does not need

    return explain_event(c)


def _stray_close(c: _Context) -> Diagnostic | None:
    mark = c.after[:1]
    if (mark in (")", "]") and not c.nested) or (mark == "}" and not c.before.strip()):
        hint = Hint("remove it, or open it before", lambda span: (replacing(span, ""),))
        return Diagnostic("error", "E003", f"this `{mark}` closes nothing", c.span(), hint)
    return None


def _loops(c: _Context) -> Diagnostic | None:
    """Slips of families: ``for n = 1 .. 3``, ``if n = 3``, a ``for`` without its block or with one too many."""
    opened = re.search(r"\w(\[)[^\]\n]*$", c.before)
    arrow = _ARROW.match(c.after) or (c.after.startswith(">") and re.search(r"-\s*$", c.before))
    if opened and c.nested and arrow:
        place = c.start + opened.start(1)
        return Diagnostic("error", "E003", "this `[` is never closed", c.span(place, place + 1), "close it with `]`")
    loop = re.search(r"\bfor\b(?!.*\{)", c.before)
    if loop is None:
        return None
    if c.after.startswith("=") and re.search(r"(\bfor|,)\s+\w+\s*$", c.before):
        hint = instead("as in `for n in 1 .. 10`", "in", True)
        return c.error("a loop variable runs over values with `in`", hint, c.span(c.at, c.at + 1))
    if c.after.startswith("=") and "EQUALITY" in c.accepts and re.search(r"\bif\b", c.before):
        hint = instead("write `==`", "==", True)
        return c.error("`=` is no comparison", hint, c.span(c.at, c.at + 1))
    if c.after.startswith("{"):
        before = "a `for` with a block stands before it: `for n in 1 .. 10 { … }`"
        return c.error("a block has no place after a statement", before, c.span(c.at, c.at + 1))
    if c.head == "for" and (c.ended or arrow):
        block = "put what it holds for into a block, `for … { … }`, or the `for` at the end of its statement"
        return c.error("a `for` that begins a statement needs a block", block, c.span(c.start, c.start + 3))
    return None


#: What a word of the language to come makes of the line, before anything else is looked for.
_FIRST_SLIPS: tuple[Callable[[_Context], Diagnostic | None], ...] = (
    _event,
    _rules,
    _fast,
    _loops,
)
_SLIPS: tuple[Callable[[_Context], Diagnostic | None], ...] = (
    _open_string,
    _ion,
    _bracketed_species,
    _decimal_comma,
    _one_over_unit,
    _odd_name,
    _missing_product,
    _reserved,
    _foreign_arrow,
    _missing_value,
    _missing_operand,
    _no_arrow,
    _stray_close,
    _missing_times,
)


def _comma(c: _Context) -> Diagnostic | None:
    """``{ A = 1 mM, B = 2 mM }`` of a bottle, as declarations are listed elsewhere."""
    could_end = "_NL" in c.accepts and "=" in c.before and not c.nested
    if not could_end or not re.match(r",\s*[^\W\d]\w*\s*(\([^()\n]*\)\S*\s*)?=(?!=)", c.after):
        return None
    hint = instead("write `;`, or begin a new line", "" if re.match(r",[ \t]*\n", c.after) else ";", True)
    return c.error("in braces `,` does not separate one line from the next", hint, c.span(c.at, c.at + 1))


#: Those of the blocks of bottles and experiments, where no reaction can stand.
_BENCH_SLIPS = (_comma, _open_string, _missing_value, _missing_operand, _stray_close)


def _generic(c: _Context) -> Diagnostic:
    expected = [shown for kind, shown in _SHOWN.items() if kind in c.accepts][:5]
    listed = f"expected {', '.join(dict.fromkeys(expected))}" if expected else None
    if c.ended:
        return c.error("the statement ends too early", listed)
    if c.token == "character":
        import unicodedata

        character = c.after[:1]
        shown = character if re.match(r"[!-~\w]|\S", character) and character.isprintable() else ""
        shown = shown if shown and not unicodedata.combining(character) else f"U+{ord(character):04X}"
        return c.error(f"the sign `{shown}` has no place here", listed)
    piece = c.span().text
    return c.error(f"`{piece}` has no place here", listed)
