"""The syntax definitions of editors, held against the grammar and against the mechanisms that ship with mscnet."""

import importlib
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Text, Token

from mscnet import assets
from mscnet.language.grammar import grammar
from mscnet.language.lalr import known_tables
from mscnet.lsp.highlight import MechLexer
from mscnet.lsp.syntax_files import files
from mscnet.lsp.syntax_words import CALLS, DECLARING, PARTS, VERBS

EDITORS = Path(__file__).parent.parent.parent / "editors"

#: For each terminal of the grammar that is no plain word: a text, what of it is looked at, and its kind.
TERMINALS = {
    "ADD": ("x = a - b", "-", Operator),
    "ARROW": ("A -> B", "->", Operator.Word),
    "AT": ("A -> B @ k", "@", Operator),
    "BACK": ("A ← B", "←", Operator.Word),
    "BOND": ("bond Cd-Te = 1 kJ/mol", "Cd", Name),
    "BONDS": ("species A bonds 2 Cd-Te", "bonds", Keyword),
    "BOND_HEAD": ("bond Cd-Te = 1 kJ/mol", "bond", Keyword.Declaration),
    "BOTH": ("A <=> B", "<=>", Operator.Word),
    "CHANGE": ("at 1 h { A += 1 }", "+=", Operator),
    "CIRCUMFLEX": ("x = a^b", "^", Operator),
    "COLON": ("s: A -> B", ":", Punctuation),
    "COMMA": ("species A, B", ",", Punctuation),
    "COMMENT": ("A -> B # x", "# x", Comment.Single),
    "COMPARE": ("when A <= 1 { }", "<=", Operator),
    "CONTINUATION": ("A\n-> B", "->", Operator.Word),
    "COUNT_MOLECULES": ("observable x = molecules A(b)", "molecules", Keyword),
    "COUNT_SPECIES": ("observable x = species A(b)", "species", Keyword),
    "DOT": ("expect { max(e(1).A) }", ".", Punctuation),
    "ENERGY": ("species A gibbs = 1 kJ/mol", "gibbs", Keyword),
    "ENERGY_PATTERN": ("energy pattern A(b) = 1", "energy pattern", Keyword.Declaration),
    "EQUAL": ("x = 1", "=", Operator),
    "EQUALITY": ("x -> y for n in 1 .. 2 if n == 2", "==", Operator),
    "EVENT_AT": ("at 1 h { }", "at", Keyword.Declaration),
    "EVENT_EVERY": ("every 1 h { }", "every", Keyword.Declaration),
    "EVENT_WHEN": ("when A < 1 { }", "when", Keyword.Declaration),
    "FAST": ("acid: fast HA <-> H + A", "fast", Keyword),
    "FILTER_OPEN": ("A(b) -> 0 include_reactants(1, A(b))", "include_reactants", Keyword),
    "FORMULA": ("species A of C2H5[m]", "C2H5[m]", Name.Constant),
    "ION": ("Fe^3+ -> B", "Fe^3+", Name),
    "LBRACE": ("pathway p { }", "{", Punctuation),
    "LPAR": ("x = (a)", "(", Punctuation),
    "LSQB": ("x = F[1]", "[", Punctuation),
    "MATCH_ONCE": ("observable x = species A(b){MatchOnce}", "{MatchOnce}", Keyword),
    "MEMBER_OPEN": ("F[n] -> G", "F", Name),
    "MINUS": ("x = -a", "-", Operator),
    "MOLECULE": ("molecule A(b)", "molecule", Keyword.Declaration),
    "MOLECULE_OPEN": ("Abc(d) -> 0", "Abc", Name),
    "MULTIPLY": ("x = a*b", "*", Operator),
    "NAME": ("Abc -> B", "Abc", Name),
    "NUMBER": ("x = 1.5e-3", "1.5e-3", Number),
    "OVER_CLOSE": ("A -[c]-> B", "]->", Operator.Word),
    "OVER_OPEN": ("A -[c]-> B", "-[", Operator.Word),
    "PLACE_CLOSE": ("A(b)@PM -> 0", "@PM", Name.Label),
    "PLUS": ("A + B -> C", "+", Operator),
    "PLUS_MINUS": ("parameter k = 1 ± 2", "±", Operator),
    "POPULATION": ("population molecule A()", "population molecule", Keyword.Declaration),
    "POPULATION_MAP": ("population map P: A(b) @ k", "population map", Keyword.Declaration),
    "RBRACE": ("pathway p { }", "}", Punctuation),
    "RPAR": ("x = (a)", ")", Punctuation),
    "RSQB": ("x = F[1]", "]", Punctuation),
    "RULE_WORD": ("A(b) -> 0 DeleteMolecules", "DeleteMolecules", Keyword),
    "SITE_BOND": ("A(b!1) -> 0", "!1", Operator),
    "SITE_LABEL": ("A(b%x) -> 0", "%x", Name.Label),
    "SITE_STATE": ("A(b~u) -> 0", "~u", Name.Constant),
    "SLASH": ("1/2 A -> B", "/", Operator),
    "SPECIES_TAG": ("%x@PM:A(b) -> 0", "%x@PM", Name.Label),
    "STRING": ('A -> B "note"', '"note"', String.Double),
    "TABLE": ('x = table "a.csv"', "table", Keyword),
    "TEMPLATE": ("Cd{E} -> B", "Cd", Name),
    "TEMPLATE_ION": ("Cd{E}^2+ -> B", "Cd", Name),
    "UNIT_SIGN": ("x = 5 °C", " °C", Keyword.Type),
    "__ANON_0": ("∅ -> A", "∅", Keyword.Constant),
    "__ANON_1": ("parameter k in 1 .. 2", "..", Operator),
}
NOTHING_TO_SEE = {"BLANK", "_NL"}


def lexed(text):
    return list(MechLexer().get_tokens(text))


def words_of_the_grammar():
    text = re.sub(r"(?m)//.*$", "", grammar())
    return set(re.findall(r'"([A-Za-z_]+)"', text))


def test_every_word_of_the_grammar_has_a_colour():
    assert words_of_the_grammar() - {*DECLARING, *VERBS, *PARTS, *CALLS} == set()


def test_every_terminal_of_the_grammar_is_covered():
    words = {word.upper() for word in words_of_the_grammar()}
    terminals = {name for name in known_tables()["terminals"] if not name.startswith("__ANON") or name in TERMINALS}
    assert terminals - words - {"AT_A_TIME"} - NOTHING_TO_SEE == set(TERMINALS) - words


@pytest.mark.parametrize("terminal", TERMINALS)
def test_a_terminal_is_seen(terminal):
    text, piece, kind = TERMINALS[terminal]
    assert any(value == piece and found in kind for found, value in lexed(text)), lexed(text)


@pytest.mark.parametrize("name", assets.mechanism_names())
def test_shipped_mechanisms_have_no_unknown_letters(name):
    found = lexed(assets.mechanism_text(name)[1])
    assert [value for kind, value in found if kind in (Error, Text)] == []


def test_the_founding_mechanism_is_coloured_as_it_is_meant():
    found = lexed(assets.mechanism_text("cdtese")[1])
    kinds = {}
    for kind, value in found:
        kinds.setdefault(value, set()).add(kind)
    assert kinds["species"] == {Keyword.Declaration}
    assert kinds["step3"] == {Name.Label}
    assert kinds["<->"] == {Operator.Word}
    assert kinds["measure"] == {Keyword}
    assert kinds["half_time"] == {Name.Builtin}
    assert kinds["band371"] == {Name.Function}
    assert kinds[" mL"] == {Keyword.Type}
    assert kinds["CdSe_MF"] == {Name}


def test_pygments_finds_the_lexer():
    project = tomllib.loads((EDITORS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["entry-points"]["pygments.lexers"]["mech"].partition(":")
    assert getattr(importlib.import_module(module), name) is MechLexer


@pytest.mark.parametrize("name", files())
def test_syntax_files_are_those_of_the_table(name):
    assert (EDITORS / name).read_text(encoding="utf-8") == files()[name]


def test_nothing_is_left_out_of_the_tokens():
    text = assets.mechanism_text("cdtese")[1]
    assert "".join(value for _, value in lexed(text)) == text
    assert all(kind in Token for kind, _ in lexed(text))


# --- the extension of VS Code ---


def test_the_extension_names_files_that_exist():
    folder = EDITORS / "vscode"
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    contributes = package["contributes"]
    named = [package["main"], *(language["configuration"] for language in contributes["languages"])]
    named += [each["path"] for each in contributes["grammars"]]
    assert [name for name in named if not (folder / name).is_file()] == []
    assert json.loads((folder / "language-configuration.json").read_text(encoding="utf-8"))["brackets"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm packs the extension")
def test_the_extension_packs(tmp_path):
    folder = tmp_path / "vscode"
    shutil.copytree(EDITORS / "vscode", folder, ignore=shutil.ignore_patterns("node_modules"))
    quiet = {"cwd": folder, "capture_output": True, "timeout": 300}
    if subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"], **quiet).returncode:
        pytest.skip("npm does not get the packager, as without a network")
    subprocess.run(["npx", "vsce", "package", "--allow-missing-repository"], check=True, **quiet)
    (packed,) = folder.glob("*.vsix")
    assert {"extension/syntaxes/mech.tmLanguage.json", "extension/extension.js"} <= set(_names(packed))


def _names(file):
    from zipfile import ZipFile

    with ZipFile(file) as archive:
        return archive.namelist()


# --- Vim ---

VIM = shutil.which("vim")
SHOWN = """species A of C2H4 = 1.5 mM  # a comment
first: A -> 2 B  @ k1 "a note"
pathway p {
x = sqrt([A])
}
"""


def vim(folder, *commands):
    """What Vim prints into a file while it edits SHOWN."""
    (folder / "a.mech").write_text(SHOWN, encoding="utf-8")
    lines = [
        f"set runtimepath^={EDITORS / 'vim'}",
        "set encoding=utf-8 nomore",
        "filetype plugin indent on",
        "syntax on",
    ]
    lines += ["edit a.mech", "redir! > out.txt", *commands, "redir END", "qall!"]
    (folder / "do.vim").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [VIM, "-u", "NONE", "-i", "NONE", "-n", "-es", "-S", "do.vim"]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
    return (folder / "out.txt").read_text(encoding="utf-8").split()


@pytest.mark.skipif(VIM is None, reason="there is no Vim")
@pytest.mark.parametrize(
    ("line", "column", "group"),
    [
        (1, 1, "mechDeclaring"), (1, 9, "mechName"), (1, 11, "mechPart"), (1, 14, "mechFormula"), (1, 21, "mechNumber"),
        (1, 25, "mechUnit"), (1, 30, "mechComment"), (2, 1, "mechLabel"), (2, 10, "mechArrow"), (2, 23, "mechString"),
        (3, 1, "mechDeclaring"), (4, 5, "mechBuiltin"), (4, 11, "mechSpecies"),
    ],
)  # fmt: skip
def test_vim_colours(tmp_path, line, column, group):
    assert vim(tmp_path, f"silent echo synIDattr(synID({line}, {column}, 1), 'name')") == [group]


@pytest.mark.skipif(VIM is None, reason="there is no Vim")
def test_vim_indents_blocks(tmp_path):
    vim(tmp_path, "normal! gg=G", "write! b.mech")
    assert (tmp_path / "b.mech").read_text().split("\n")[2:5] == ["pathway p {", "    x = sqrt([A])", "}"]
