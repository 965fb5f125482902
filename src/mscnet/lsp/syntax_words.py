"""The words and signs of the language by the colour that they have in an editor.

One table for all: the lexer of Pygments, the grammar of TextMate (VS Code) and the syntax file of Vim are made of it.
Tests hold it against the grammar: every word and every terminal of `grammars/*.lark` has its place here.
"""

from __future__ import annotations

from mscnet.language.slips import HEADS
from mscnet.mechanism.expression import FUNCTIONS
from mscnet.mechanism.facts import FEATURES

#: Words that begin statements.
DECLARING = tuple(sorted({*HEADS, "bond", "for"}))

#: Words that begin lines in blocks.
VERBS = tuple(
    sorted(
        [
            "add",
            "dilute",
            "discard",
            "equilibrate",
            "flow",
            "hold",
            "measure",
            "mix",
            "repeat",
            "set",
            "take",
            "use",
            "with",
            "never",
            "always",
        ]
    )
)

#: Words within statements and lines.
PARTS = tuple(
    sorted(
        [
            "after",
            "against",
            "all",
            "and",
            "as",
            "at",
            "by",
            "constant",
            "decreases",
            "depend",
            "difference",
            "does",
            "every",
            "fast",
            "fixed",
            "for",
            "from",
            "gibbs",
            "enthalpy",
            "entropy",
            "bonds",
            "if",
            "in",
            "increases",
            "into",
            "is",
            "linear",
            "log",
            "not",
            "of",
            "on",
            "once",
            "or",
            "order",
            "out",
            "over",
            "rate",
            "similar",
            "spectrum",
            "step",
            "surface",
            "table",
            "times",
            "to",
            "weight",
            "while",
            "with",
            "without",
        ]
    )
)

#: Built-in functions, and features of courses.
CALLS = tuple(sorted({*FUNCTIONS, *FEATURES, "arrhenius", "eyring", "absorbance", "spectrum", "difference", "sum"}))

_START = r"(?:(?<=^)|(?<=[;{}]))"
_NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_PLAIN = r"[^\W\d]\w*"
_NUMBER = r"(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
#: A unit behind a number, with its powers: ``0.05 mM^-1/min``.
_UNIT = r"(?!(?:DeleteMolecules|MoveConnected)(?!\w))(?:[^\W\d]\w*|°C|%)(?:\^-?\d+)?"
_UNITS = rf"(?:[ \t]*/?[ \t]?{_UNIT}(?:[*/·]{_UNIT})*)(?![\w(])"


def _any(words: tuple[str, ...]) -> str:
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


#: Patterns, first come first served, each with the scopes of its groups (TextMate's names).
PATTERNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"(#[^\n]*)", ("comment.line.number-sign",)),
    (r'("[^"\n]*")', ("string.quoted.double",)),
    (rf"{_START}([ \t]*)(population[ \t]+(?:molecule|map)|energy[ \t]+pattern)(?!\w)", ("", "keyword.declaration")),
    (r"((?<==)[ \t]*)(molecules|species)(?=[ \t]+[@%{\w])", ("", "keyword.other")),
    (r"((?:include|exclude)_(?:reactants|products))(?=\()", ("keyword.other",)),
    (r"((?:DeleteMolecules|MoveConnected)(?!\w)|\{MatchOnce\})", ("keyword.other",)),
    (r"(~(?:\?|[\w{}]+))", ("constant.other",)),
    (r"(![?+\w])", ("keyword.operator",)),
    (rf"((?:[%@]{_PLAIN}){{1,2}})(?=:)", ("entity.name.section",)),
    (rf"((?<=\))@{_PLAIN}(?![\w(*/^])|%{_PLAIN}(?=[(~!,)]))", ("entity.name.section",)),
    (rf"{_START}([ \t]*)({_any(DECLARING)})(?![\w.])(?![ \t]*[=(:])", ("", "keyword.declaration")),
    (rf"{_START}([ \t]*)({_any(VERBS)})(?![\w.])(?![ \t]*[=(:])", ("", "keyword.control")),
    (rf"{_START}([ \t]*)({_NAME})(?=[ \t]*:)", ("", "entity.name.section")),
    (r"(<->|<=>|<-\[|-\[|\]->?|->|<-|[→⇌⇄↔←])", ("keyword.operator.arrow",)),
    (
        r"(\bof)([ \t]+)([A-Za-z(](?:[A-Za-z0-9()]|\[[^\]\n]*\])*(?:\^\d*[+-])?)",
        ("keyword.other", "", "constant.other"),
    ),
    (rf"({_NUMBER})(?![eE][+-]?\d)({_UNITS})", ("constant.numeric", "storage.type.unit")),
    (rf"({_NUMBER})", ("constant.numeric",)),
    (rf"({_any(CALLS)})(?=\()", ("support.function",)),
    (rf"({_NAME})(?=\()", ("entity.name.function",)),
    (rf"({_any(PARTS)})(?![\w.])(?![ \t]*=)", ("keyword.other",)),
    (rf"({_any(('gibbs', 'enthalpy', 'entropy'))})(?=[ \t]*=)", ("keyword.other",)),
    (rf"(\[)({_NAME}(?:\^\d*[+-])?)(\])", ("punctuation", "variable.other.species", "punctuation")),
    (rf"({_NAME}\^\d*[+-])(?![\d.(\w])", ("variable.other",)),
    (rf"({_NAME})", ("variable.other",)),
    (r"(±|\+-|\+/-|[+\-*/]=|==|!=|<=|>=|\.\.|[+\-*/·^=<>@])", ("keyword.operator",)),
    (r"(∅|%|°C)", ("constant.language",)),
    (r"([\[\](){},;:.])", ("punctuation",)),
)
