"""Texts gone wrong: one function a kind of damage, all from a seeded random number generator."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

TOKEN = re.compile(r'"[^"\n]*"|\w+|<->|<=>|->|<-|\s+|[^\w\s]')

#: Pieces that have upset parsers before, or that the language gives a meaning.
PIECES = (
    "->", "<-", "<->", "-[", "]->", "<-[", "@", "{", "}", "(", ")", "[", "]", "^", "^+", "^-", "^2-", '"', "#", ";",
    ",", "=", "==", "..", "±", "+-", "+/-", "*", "/", "·", "%", "°C", "degC", "µM", "μM", "Å", "∅", "0", "-1", "1e400",
    "1e-400", "1e300", "9" * 250, "0x10", "1_000", "1.2.3", ".5", "5.", "1e", "nan", "inf", "if", "if(", "order",
    "rate", "constant", "in", "for", "of", "log", "linear", "fixed", "species", "parameter", "units", "unit",
    "function", "observable", "option", "pathway", "import", "experiment", "expect", "time", "t", "temperature", "exp",
    "sqrt(", "max(", "k1", "mM", "/mM/min", "mM-1", "A", "C8H19N", "Cd[n]", "Cd[n-m]", "\\", "'", "`", "~", "!",
    "?", "$", "&", "|", "<", ">", "<=", ">=", "\t", "\n", "\r", "\r\n", "\0", "\ufeff", "\u2028", "\u0085", "\x0b",
    "\x0c", "\x1b", "\u200b", "\u202e", "é", "ß", "ﬁ", "Ⅷ", "²", "½", "١", "𝑘", "😀", "名前", "e\u0301",
    "\ud800", "−", "–", "⟶", "×",
)  # fmt: skip

Mutation = Callable[[Random, str], str]


def _tokens(text: str) -> list[str]:
    return TOKEN.findall(text) or [""]


def delete_tokens(random: Random, text: str) -> str:
    tokens = _tokens(text)
    start = random.randrange(len(tokens))
    del tokens[start : start + random.choice((1, 1, 1, 2, 5))]
    return "".join(tokens)


def duplicate_tokens(random: Random, text: str) -> str:
    tokens = _tokens(text)
    start = random.randrange(len(tokens))
    stop = start + random.choice((1, 2, 8))
    return "".join(tokens[:stop] + tokens[start:stop] * random.choice((1, 1, 3)) + tokens[stop:])


def swap_tokens(random: Random, text: str) -> str:
    tokens = _tokens(text)
    a, b = random.randrange(len(tokens)), random.randrange(len(tokens))
    tokens[a], tokens[b] = tokens[b], tokens[a]
    return "".join(tokens)


def replace_token(random: Random, text: str) -> str:
    tokens = _tokens(text)
    tokens[random.randrange(len(tokens))] = random.choice(PIECES)
    return "".join(tokens)


def insert_piece(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    blank = random.choice(("", " "))
    return text[:at] + blank + random.choice(PIECES) + blank + text[at:]


def insert_unicode(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + chr(random.randrange(random.choice((0x80, 0x250, 0x3000, 0xD800)))) + text[at:]


def truncate(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] if random.random() < 0.7 else text[at:]


def swap_lines(random: Random, text: str) -> str:
    lines = text.split("\n")
    a, b = random.randrange(len(lines)), random.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return "\n".join(lines)


def join_lines(random: Random, text: str) -> str:
    places = [match.start() for match in re.finditer("\n", text)] or [0]
    at = random.choice(places)
    return text[:at] + random.choice(("", " ", ";", ",", "+", "\r")) + text[at + 1 :]


def inject_brackets(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    count = random.choice((1, 3, 199, 200, 201, 1500))
    return text[:at] + random.choice("([{)]}") * count + text[at:]


def nest_deeply(random: Random, text: str) -> str:
    count = random.choice((150, 199, 201, 1000, 5000))
    opening, closing = random.choice(
        (("(", ")"), ("exp(", ")"), ("-", ""), ("2^", ""), ("1/", ""), ("(1+", ")"), ("[", "]"))
    )
    statement = random.choice(("k9 = {}", "A -> B @ {}", "A -> B rate {}", "species Z9 = {}", "parameter p9 = {}"))
    return text + "\n" + statement.format(opening * count + "1" + closing * count) + "\n"


def long_line(random: Random, text: str) -> str:
    count = random.choice((500, 3000))
    piece = random.choice(
        (" + A", " + [A]*k", " A", ", q", "1", "x", " mM", "/mM", " -> A", "^2", ".", "#", '"', " @ k", "=1")
    )
    return text + random.choice(("A", "y = 1", "parameter z = 1", "A -> B @ k", "species q")) + piece * count + "\n"


def splice(random: Random, text: str) -> str:
    a, b = sorted(random.randrange(len(text) + 1) for _ in range(2))
    at = random.randrange(len(text) + 1)
    return text[:at] + text[a:b] + text[at:]


MUTATIONS: tuple[Mutation, ...] = (
    delete_tokens,
    duplicate_tokens,
    swap_tokens,
    replace_token,
    insert_piece,
    insert_unicode,
    truncate,
    swap_lines,
    join_lines,
    inject_brackets,
    nest_deeply,
    long_line,
    splice,
)
#: How often each is drawn: the slow ones seldom.
WEIGHTS = (6, 4, 6, 8, 8, 4, 2, 2, 4, 1, 1, 1, 2)


def mutate(random: Random, text: str) -> str:
    """`text` damaged in one to four places."""
    for mutation in random.choices(MUTATIONS, WEIGHTS, k=random.choice((1, 1, 2, 4))):
        text = mutation(random, text)
    return text


def mutate_bytes(random: Random, text: str) -> bytes:
    """`text` damaged in some bytes, or in another encoding."""
    encoding = random.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"))
    data = bytearray(text.encode(encoding, "replace"))
    for _ in range(random.choice((0, 1, 3))):
        if data:
            data[random.randrange(len(data))] = random.randrange(256)
    return bytes(data)
