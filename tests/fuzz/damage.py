"""Damage beyond that of `tests.strategies.mutations`: numbers, names, scripts, sizes, bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from tests.strategies.mutations import MUTATIONS, WEIGHTS

NUMBERS = (
    "0", "-1", "1e300", "1e-300", "1e308", "1e400", "4.9e-324", "0.1", "1e15", "999999999", "1000000001", "2147483648",
    "9007199254740993", "1e-400", "00", "007", "1.", ".5", "1/3", "(1/0)", "0*1", "1e+", "1_000", "1,5", "nan", "inf",
    "-inf", "NaN", "1e1000000", "9" * 199, "9" * 201, "0." + "0" * 250 + "1", "3.14", "50", "3000", "1.5", "0x1F", "٣",
)  # fmt: skip
#: Letters and signs that look alike, from the ones that the language has.
LOOKALIKES = {
    "A": "АΑＡ", "B": "ВΒ", "C": "СϹ", "E": "ЕΕ", "K": "КKΚ", "M": "МΜ", "S": "Ѕ", "P": "РΡ", "a": "а", "e": "еｅ",
    "k": "к𝑘", "o": "оο", "n": "ｎ", "u": "υµμ", "-": "−–—‐", "*": "×∗·•", "/": "÷∕⁄", "+": "＋",
    "=": "＝≈≡", "(": "（", ")": "）", "[": "［", "]": "］", "{": "｛", "}": "｝", ",": "，、", ";": "；;", ":": "：",
    '"': "“”＂", ">": "＞›→", "<": "＜‹",
    "^": "ˆ＾", "@": "＠", "#": "＃", ".": "．·", "0": "०０О", "1": "１l", "2": "²２", " ": "\u00a0\u2003\u200b",
    "\n": "\r\u2028\x0b",
}  # fmt: skip
UNITS = (
    "mM",
    "M",
    "s",
    "min",
    "h",
    "mL",
    "nm",
    "kJ/mol",
    "degC",
    "K",
    "/mM/min",
    "/s",
    "%",
    "mol",
    "c0",
    "eV",
    "cm^-1",
)
NAME = re.compile(r"[^\W\d]\w*")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?")
SIGN = re.compile(r"<->|->|<-|\+=|\*=|\.\.|[-+*/^=<>@,;:{}()\[\]]")
SIGNS = ("<->", "->", "<-", "+=", "*=", "..", "+", "-", "*", "/", "^", "=", "==", "<", ">", "@", ",", ";", ":", "{",
         "}", "(", ")", "[", "]", "±")  # fmt: skip

Damage = Callable[[Random, str], str]


def _replaced(random: Random, pattern: re.Pattern[str], text: str, new: Callable[[str], str]) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text
    at = random.choice(found)
    return text[: at.start()] + new(at[0]) + text[at.end() :]


def other_number(random: Random, text: str) -> str:
    return _replaced(random, NUMBER, text, lambda old: random.choice(NUMBERS))


def other_name(random: Random, text: str) -> str:
    """A name in the place of another: what parses still, and means something else."""
    names = NAME.findall(text) or ["A"]
    return _replaced(random, NAME, text, lambda old: random.choice(names))


def other_sign(random: Random, text: str) -> str:
    return _replaced(random, SIGN, text, lambda old: random.choice(SIGNS))


def other_unit(random: Random, text: str) -> str:
    return _replaced(random, NUMBER, text, lambda old: f"{old} {random.choice(UNITS)}")


def misspelt(random: Random, text: str) -> str:
    def slip(name: str) -> str:
        at = random.randrange(len(name))
        return random.choice(
            (
                name[:at] + name[at + 1 :] or "x",
                name[:at] + name[at] + name[at:],
                name.swapcase(),
                name + random.choice("s_1x"),
            )
        )

    return _replaced(random, NAME, text, slip)


def lookalike(random: Random, text: str) -> str:
    places = [i for i, letter in enumerate(text) if letter in LOOKALIKES]
    if not places:
        return text
    at = random.choice(places)
    return text[:at] + random.choice(LOOKALIKES[text[at]]) + text[at + 1 :]


def without_line(random: Random, text: str) -> str:
    lines = text.split("\n")
    del lines[random.randrange(len(lines))]
    return "\n".join(lines)


def line_again(random: Random, text: str) -> str:
    lines = text.split("\n")
    at = random.randrange(len(lines))
    return "\n".join(lines[:at] + [lines[at]] * random.choice((2, 3, 10)) + lines[at:])


def other_line_ends(random: Random, text: str) -> str:
    return text.replace("\n", random.choice(("\r\n", "\r", "\n\n", "\n\r", ";", "\r\n\r\n", " \\\n")))


def long_name(random: Random, text: str) -> str:
    return _replaced(random, NAME, text, lambda old: old * random.choice((20, 300, 5000)))


def a_thousand_times(random: Random, text: str) -> str:
    """A line, a token or a letter a thousand times."""
    count = random.choice((300, 1000, 1000, 2500))
    kind = random.random()
    if kind < 0.5:
        lines = [line for line in text.split("\n") if line.strip()] or ["A -> B"]
        at = random.randrange(len(lines))
        if " for " in lines[at]:  # each stands for many
            count //= 10
        if random.random() < 0.5:  # each another
            many = [re.sub(r"[A-Za-z_]\w*", lambda m: m[0], lines[at]).replace("1", str(i)) for i in range(count)]
            return "\n".join(lines[:at] + many + lines[at + 1 :])
        return "\n".join(lines[:at] + [lines[at]] * count + lines[at + 1 :])
    pieces = re.findall(r"\w+|\s+|[^\w\s]", text) or ["A"]
    at = random.randrange(len(pieces))
    between = random.choice(("", " ", ", ", "\n", " + ", ";"))
    return "".join(pieces[:at]) + between.join([pieces[at]] * count) + "".join(pieces[at + 1 :])


def nested_blocks(random: Random, text: str) -> str:
    count = random.choice((3, 50, 199, 201, 1000))
    opening = random.choice(
        ("pathway p { ", "for n in 1 .. 2 { ", "experiment e { repeat 2 { ", "in W { ", "expect { ", "{", "when (",
         "sum(", "if(", "F[", "[", "not (", "(n+")
    )  # fmt: skip
    closing = "}" if "{" in opening else ")" if "(" in opening else "]"
    return f"{text}\n{opening * count} A -> B {closing * random.choice((count, count - 1, 0))}\n"


def big_family(random: Random, text: str) -> str:
    high = random.choice(("100", "200", "100000000", "1e9", "1e300", "-5", "0", "n", "2.5"))
    line = random.choice(
        ("F[n] -> F[n+1] @ 1 for n in 1 .. {}", "F[n] + F[m] -> F[n+m] @ 1 for n in 1 .. 50, m in n .. {}",
         "observable q = sum(n for n in 1 .. {})", "for n in 1 .. {} {{ species Q{{n}} }}",
         "F[n*{}] -> B @ 1 for n in 1, 2",
         "parameter z[n] = n for n in 1 .. {} by 7", "A[n] -> 0 @ product(m for m in 1 .. n) for n in 1 .. 9 by {}",
         "F[n] -> B @ 1 for n in 1 .. {} if n^n^n < 3", "G[n] -> B @ n^n^n for n in 1 .. {}")
    )  # fmt: skip
    return f"{text}\n{line.format(high)}\n"


DAMAGES: tuple[tuple[Damage, int], ...] = (
    (other_number, 10), (other_name, 12), (other_sign, 8), (other_unit, 5), (misspelt, 8), (lookalike, 6),
    (without_line, 5), (line_again, 4), (other_line_ends, 2), (long_name, 1), (nested_blocks, 1), (big_family, 1),
)  # fmt: skip
_ALL = [damage for damage, _ in DAMAGES] + list(MUTATIONS)
_WEIGHTS = [weight for _, weight in DAMAGES] + list(WEIGHTS)


def damaged(random: Random, text: str) -> str:
    """`text` with one to five kinds of damage."""
    for damage in random.choices(_ALL, _WEIGHTS, k=random.choice((1, 1, 1, 2, 3, 5))):
        text = damage(random, text)
    return text


def damaged_bytes(random: Random, text: str) -> bytes:
    """Bytes that are no good text, or hardly: other encodings, cut letters, NUL, marks in the middle."""
    encoding = random.choice(
        ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252", "mac-roman")
    )
    data = bytearray(text.encode(encoding, "replace"))
    for _ in range(random.choice((0, 1, 1, 3))):
        at = random.randrange(len(data) + 1)
        piece = random.choice(
            (
                b"\0",
                b"\xff",
                b"\xc3",
                b"\xe2\x82",
                b"\xef\xbb\xbf",
                b"\xed\xa0\x80",
                b"\xf4\x90\x80\x80",
                b"\r",
                b"\x1a",
                b"\x85",
            )
        )
        data[at : at + random.choice((0, 1))] = piece
    if random.random() < 0.2:
        del data[random.randrange(len(data) + 1) :]
    return bytes(data)
