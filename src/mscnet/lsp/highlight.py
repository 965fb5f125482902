"""The lexer of Pygments, by which Sphinx, JupyterLab and others colour ```mech blocks.

Pygments finds it by its entry point and imports it where it is used; nothing else of mscnet does.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pygments.lexer import RegexLexer, bygroups
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace

from mscnet.lsp.syntax_words import PATTERNS

#: Kinds of tokens by scope.
_KINDS: dict[str, Any] = {
    "": Whitespace,
    "comment.line.number-sign": Comment.Single,
    "string.quoted.double": String.Double,
    "keyword.declaration": Keyword.Declaration,
    "keyword.control": Keyword,
    "keyword.other": Keyword.Pseudo,
    "keyword.operator": Operator,
    "keyword.operator.arrow": Operator.Word,
    "entity.name.section": Name.Label,
    "entity.name.function": Name.Function,
    "support.function": Name.Builtin,
    "constant.numeric": Number,
    "constant.other": Name.Constant,
    "constant.language": Keyword.Constant,
    "storage.type.unit": Keyword.Type,
    "variable.other": Name,
    "variable.other.species": Name.Class,
    "punctuation": Punctuation,
}


def _rule(pattern: str, scopes: tuple[str, ...]) -> tuple[str, Any]:
    kinds = [_KINDS[scope] for scope in scopes]
    return pattern, kinds[0] if len(kinds) == 1 else bygroups(*kinds)


class MechLexer(RegexLexer):
    """Reaction mechanisms in the language of mscnet."""

    name = "mscnet mechanism"
    url = "https://pypi.org/project/mscnet/"
    aliases: ClassVar[list[str]] = ["mech", "mscnet"]
    filenames: ClassVar[list[str]] = ["*.mech"]
    mimetypes: ClassVar[list[str]] = ["text/x-mech"]

    tokens: ClassVar[dict[str, list[Any]]] = {
        "root": [
            (r"[\n]+", Whitespace),
            *(_rule(pattern, scopes) for pattern, scopes in PATTERNS),
            (r"[ \t\r\f]+", Whitespace),
            (r".", Text),
        ]
    }
