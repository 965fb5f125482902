"""Syntax files of editors, made of the table of words: ``python -m mscnet.lsp.syntax_files editors`` writes them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from mscnet.lsp.syntax_words import CALLS, DECLARING, PARTS, PATTERNS, VERBS


def textmate() -> dict[str, Any]:
    """The grammar of TextMate, which VS Code and others read."""
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "mscnet mechanism",
        "scopeName": "source.mech",
        "patterns": [_rule(pattern, scopes) for pattern, scopes in PATTERNS],
    }


def _rule(pattern: str, scopes: tuple[str, ...]) -> dict[str, Any]:
    captures = {str(i): {"name": f"{scope}.mech"} for i, scope in enumerate(scopes, 1) if scope}
    return {"match": pattern, "captures": captures}


def vim() -> str:
    """The syntax file of Vim."""
    words = [
        ("mechDeclaring", "Statement", DECLARING),
        ("mechVerb", "Statement", VERBS),
        ("mechPart", "Keyword", PARTS),
    ]
    lines = [
        '" Vim syntax file of mscnet mechanisms; made by `python -m mscnet.lsp.syntax_files`, not by hand.',
        "if exists('b:current_syntax')",
        "  finish",
        "endif",
        "syntax case match",
        # what is matched last wins, so the general stands first
        r"syntax match mechName /\<[[:alpha:]_]\k*/",
        r"syntax match mechUnit /\%(\d\s*\/\?\s\?\)\@<=\a\+\%(\^-\?\d\+\)\?\%([*\/]\a\+\%(\^-\?\d\+\)\?\)*/",
        r"syntax match mechNumber /\<\d\+\%(\.\d\+\)\?\%([eE][+-]\?\d\+\)\?/",
        r"syntax match mechNumber /\.\d\+\%([eE][+-]\?\d\+\)\?/",
        r"syntax match mechOperator /[-+*\/^=<>@±·]\|\.\./",
        r"syntax match mechArrow /<->\|<=>\|<-\[\|-\[\|\]->\?\|->\|<-\|[→⇌⇄↔←]/",
        r"syntax match mechCall /\<[[:alpha:]_]\k*\ze(/",
        rf"syntax match mechBuiltin /\<\%({_either(CALLS)}\)\ze(/",
        r"syntax match mechSpecies /\[\@<=[[:alpha:]_][[:alnum:]_.]*\%(\^\d*[+-]\)\?\]\@=/",
        r"syntax match mechConstant /∅\|%\|°C/",
        *(rf"syntax match {group} /\<\%({_either(listed)}\)\>\%(\s*[=(:]\)\@!/" for group, _, listed in words),
        r"syntax match mechPart /\<\%(gibbs\|enthalpy\|entropy\)\ze\s*=/",
        r"syntax match mechFormula /\%(\<of\s\+\)\@<=\S\+/",
        r"syntax match mechLabel /\%(^\|[;{}]\)\@<=\s*\k\+\ze\s*:/",
        r'syntax region mechString start=/"/ end=/"/ oneline contains=@Spell',
        r"syntax keyword mechTodo TODO FIXME contained",
        r"syntax match mechComment /#.*$/ contains=mechTodo,@Spell",
        *(f"highlight default link {group} {link}" for group, link, _ in words),
    ]
    links = {
        "mechName": "Identifier", "mechUnit": "Type", "mechNumber": "Number", "mechOperator": "Operator",
        "mechArrow": "Special", "mechCall": "Function", "mechBuiltin": "Function", "mechSpecies": "Structure",
        "mechConstant": "Constant", "mechFormula": "Constant", "mechLabel": "Label", "mechString": "String",
        "mechTodo": "Todo", "mechComment": "Comment",
    }  # fmt: skip
    lines += [f"highlight default link {group} {link}" for group, link in links.items()]
    return "\n".join([*lines, "let b:current_syntax = 'mech'"]) + "\n"


def _either(words: tuple[str, ...]) -> str:
    return r"\|".join(words)


def files() -> dict[str, str]:
    """The text of every file that is made, by its path below ``editors``."""
    return {
        "vscode/syntaxes/mech.tmLanguage.json": json.dumps(textmate(), ensure_ascii=False, indent=2) + "\n",
        "vim/syntax/mech.vim": vim(),
    }


def main(folder: Path) -> None:
    """Write the files below a folder."""
    for name, text in files().items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
