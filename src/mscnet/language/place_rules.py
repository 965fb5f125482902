"""The names in statements of structured species: molecules, seeds, energies, populations, what is counted."""

from __future__ import annotations

from collections.abc import Sequence

from mscnet.language.loose import Block, Token
from mscnet.language.loose_tokens import pieces
from mscnet.language.place_names import STRONG
from mscnet.language.place_patterns import PatternNames


class RuleNames(PatternNames):
    """Reads statements that only rules have."""

    def _reaction(self, tokens: Sequence[Token]) -> None:
        raise NotImplementedError

    def _seed(self, piece: Sequence[Token], i: int) -> None:
        """What stands behind the pattern of a species: its compartment, its initial value."""
        rest: list[Token] = []
        while i < len(piece):
            if piece[i].text == "in" and i + 1 < len(piece):
                self.name(piece[i + 1], "compartment")
                i += 1
            elif piece[i].text != "constant":
                rest.append(piece[i])
            i += 1
        self.expression(rest)

    def _molecule_statement(self, tokens: Sequence[Token], block: Block | None) -> None:
        for piece in pieces(tokens[1:]):
            self.complex(piece, 0, STRONG)

    def _population_statement(self, tokens: Sequence[Token], block: Block | None) -> None:
        """``population molecule P()`` and ``population map P: A(b) @ k``."""
        word = tokens[1].text if len(tokens) > 1 else ""
        if word == "molecule":
            self._molecule_statement(tokens[1:], block)
        elif word == "map" and len(tokens) > 3 and tokens[3].text == ":":
            self.species(tokens[2])
            self._reaction(tokens[4:])
        else:
            self._reaction(tokens)

    def _energy_statement(self, tokens: Sequence[Token], block: Block | None) -> None:
        """``energy pattern A(b!1).B(a!1) = -2``"""
        if len(tokens) > 2 and tokens[1].text == "pattern":
            self.expression(tokens[self.complex(tokens, self.tag(tokens, 2)) :])
        else:
            self._reaction(tokens)

    def _counts(self, tokens: Sequence[Token]) -> bool:
        """``observable X = molecules A(b!+), B``: whether an observable counts patterns, whose names are then noted."""
        at = next((i for i, token in enumerate(tokens) if token.text == "="), len(tokens)) + 1
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if following is None or tokens[at].text not in ("molecules", "species"):
            return False
        if following.kind != "name" and following.text not in ("@", "%"):
            return False
        self.rule = f"rule@{tokens[0].start}"
        self.patterns(tokens[at + 1 :])
        return True
