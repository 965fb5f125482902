"""The names in patterns of molecules, in the tokens of loose statements: molecules, sites, states, labels, places."""

from __future__ import annotations

from collections.abc import Sequence

from mscnet.language.loose import Token
from mscnet.language.loose_tokens import closing, pieces
from mscnet.language.place_names import STRONG, USE, Key, Names, Place

#: Words behind a rule, those with brackets that hold patterns and those without.
FILTERS = frozenset(f"{kind}_{side}" for kind in ("include", "exclude") for side in ("reactants", "products"))
RULE_WORDS = frozenset({"DeleteMolecules", "MoveConnected"})
_ONCE = "{MatchOnce}"
#: Words whose bracket is no molecule's.
_NOT_MOLECULES = frozenset({"rate", "order", "at", "every", "when", "for", "if"})


def is_molecule(tokens: Sequence[Token], i: int) -> bool:
    """Whether a molecule with its bracket begins at a token: ``A(``, ``A%x(``."""
    if i + 1 >= len(tokens) or tokens[i].kind != "name" or tokens[i].text in _NOT_MOLECULES:
        return False
    if _glued(tokens, i + 1, "%") and i + 3 < len(tokens):
        return tokens[i + 2].kind == "name" and _glued(tokens, i + 3, "(")
    return _glued(tokens, i + 1, "(")


def tag_end(tokens: Sequence[Token], i: int) -> int:
    """Where the tokens go on behind the tag of a species that begins at `i`, ``%x:``, ``@PM:``, ``%x@PM:``; `i` where
    there is none."""
    at = i
    while at + 2 < len(tokens) and tokens[at].text in ("%", "@") and tokens[at + 1].kind == "name":
        at += 2
        if tokens[at].text == ":":
            return at + 1
    return i


def told_apart(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens with what looks like one name and is two apart: ``{MatchOnce}A(b)``, and ``EC.R`` in the complex
    ``L(r)@EC.R(l)``."""
    if any(token.text.startswith(_ONCE) for token in tokens):
        tokens = [each for token in tokens for each in _without_once(token)]
    return _without_dotted_places(tokens)


def _without_once(token: Token) -> Sequence[Token]:
    if not token.text.startswith(_ONCE) or token.text == _ONCE:
        return (token,)
    return Token("name", _ONCE, token.start), Token("name", token.text[len(_ONCE) :], token.start + len(_ONCE))


def _without_dotted_places(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens with the compartment of a molecule apart from the molecule behind it."""
    places = [
        i
        for i in range(2, len(tokens))
        if tokens[i - 1].text == "@"
        and tokens[i - 2].text == ")"
        and tokens[i].kind == "name"
        and "." in tokens[i].text
        and tokens[i - 2].end == tokens[i - 1].start
        and tokens[i - 1].end == tokens[i].start
    ]
    if not places:
        return tokens
    apart = list(tokens)
    for i in reversed(places):
        place, _, molecule = tokens[i].text.partition(".")
        start = tokens[i].start
        dot = start + len(place)
        apart[i : i + 1] = [Token("name", place, start), Token("sign", ".", dot), Token("name", molecule, dot + 1)]
    return apart


def _glued(tokens: Sequence[Token], i: int, text: str) -> bool:
    return i < len(tokens) and tokens[i].text == text and tokens[i].start == tokens[i - 1].end


class PatternNames(Names):
    """Notes the names of patterns; `labels` are those of the rule that is being read."""

    labels: set[str]
    #: What labels belong to: the rule, by its place.
    rule = ""

    def tag(self, tokens: Sequence[Token], i: int) -> int:
        """The tag of a species, if one begins at `i`; where the tokens go on."""
        end = tag_end(tokens, i)
        for at in range(i, end - 1, 2):
            if tokens[at].text == "%":
                self._label(tokens[at + 1])
            else:
                self.name(tokens[at + 1], "compartment")
        return end

    def complex(self, tokens: Sequence[Token], i: int, declares: int = USE) -> int:
        """The molecules of a complex, of which the first begins at `i`; where the tokens go on."""
        while is_molecule(tokens, i):
            i = self._molecule(tokens, i, declares)
            if not (_glued(tokens, i, ".") and is_molecule(tokens, i + 1)):
                break
            i += 1
        return i

    def patterns(self, tokens: Sequence[Token]) -> None:
        """Patterns and plain names, with commas and numbers between them."""
        i = 0
        while i < len(tokens):
            after = self.tag(tokens, i)
            if after > i:
                i = after
            elif is_molecule(tokens, i):
                i = self.complex(tokens, i)
            else:
                if tokens[i].kind == "name" and tokens[i].text not in ("MatchOnce", _ONCE):
                    self.species(tokens[i])
                i += 1

    def filters(self, tokens: Sequence[Token]) -> Sequence[Token]:
        """The tokens of a rule without the words behind it, whose patterns are noted."""
        if not any(token.text in RULE_WORDS or token.text in FILTERS for token in tokens):
            return tokens
        kept: list[Token] = []
        i = 0
        while i < len(tokens):
            if tokens[i].text in FILTERS and _glued(tokens, i + 1, "("):
                end = closing(tokens, i + 1)
                for piece in pieces(tokens[i + 2 : end - 1])[1:]:
                    self.patterns(piece)
                i = end
                continue
            if tokens[i].text not in RULE_WORDS:
                kept.append(tokens[i])
            i += 1
        return kept

    def _molecule(self, tokens: Sequence[Token], i: int, declares: int) -> int:
        molecule = tokens[i]
        prefix, dot, _ = molecule.text.partition(".")
        start = molecule.start
        if dot and "{" not in prefix:
            self.found.append(Place(Key("prefix", prefix, "prefix", USE, self.pathway), start, start + len(prefix)))
            start += molecule.text.rfind(".") + 1
        self.found.append(Place(Key("molecule", molecule.text, "molecule", declares), start, molecule.end))
        if tokens[i + 1].text == "%":
            self._label(tokens[i + 2])
            i += 2
        end = closing(tokens, i + 1)
        site: Token | None = None
        for at in range(i + 2, end):
            before, token = tokens[at - 1].text, tokens[at]
            if token.kind != "name":
                continue
            if before in ("(", ","):
                site = token
                self._note("site", token, declares, molecule.text)
            elif before == "~" and site is not None and tokens[at - 1].end == token.start:
                self._note("state", token, declares, f"{molecule.text}.{site.text}")
        if _glued(tokens, end, "@") and end + 1 < len(tokens) and tokens[end + 1].start == tokens[end].end:
            following = tokens[end + 2] if end + 2 < len(tokens) else None
            if following is None or following.start > tokens[end + 1].end or following.text not in ("(", "*", "/", "^"):
                self.name(tokens[end + 1], "compartment")
                end += 2
        return end

    def _note(self, space: str, token: Token, declares: int, owner: str) -> None:
        self.found.append(Place(Key(space, token.text, space, declares, None, owner), token.start, token.end))

    def _label(self, token: Token) -> None:
        self.labels.add(token.text)
        self.add("local", token, "argument", STRONG, self.rule)
