"""Somebody types, at random: no text is so broken that a question about it fails, and what is kept is never wrong."""

import json
import random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mscnet import MechanismError, assets, format_text
from mscnet.language.index import Index
from mscnet.lsp import complete, edits, hover, navigate, outline
from mscnet.lsp.room import Known, Room, survey
from tests.lsp.test_questions import TEXT

FAMILIES = """units time = min
compartment cell = 1 pL, gut = 2 pL
species cell.A = 1 mM, F[n] of Au[n] for n in 2 .. 4
for E in Te, Se {
    s{E}: Cd{E} -> Q{E}^+  @ k{E}   # a note
    once{E}: at 5 min { Cd{E} += 1 mM ; Q{E}^+ = 0 }
}
F[1] + F[n] -> F[n+1]  @ ka  for n in 1 .. 3
import "rate_laws" as law
S -> P  rate law.hill([S], 1 mM, Vmax, 2)

pathway a = b with { k2 = 0 } without one, two
in toluene { k = 2 /s }
"""
TEXTS = (TEXT, FAMILIES, assets.mechanism_text("brusselator")[1])
#: What is put in: the pieces that break a text, and letters beyond ASCII.
PIECES = (
    "", "\n", "{", "}", "(", ")", "[", "]", '"', "#", "->", "<->", "@", "=", ";", ",", ".", "..", "^2+", "{E}", "sum(",
    "for n in 1 .. 2", "experiment e(v) for v in 1, 2 {", "pathway p {", "expect {", 'import "', "at 5 s {", "species",
    "label:", "A", "[A", "law.", 'table "', "with", "1e", "e+", "-[", "]->", "±", "°C", "µ", "𝒷", "\r\n", "\t",
    "\u2028", "\0", "\ufeff",
)  # fmt: skip

change = st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(PIECES) | st.text(max_size=4))


def typed(document, at, length, piece):
    """A change of `length` letters at a part `at` of the text, as an editor tells it."""
    text = document.text
    start = round(at * len(text.text))
    place = text.range(start, min(len(text.text), start + length))
    lines = {end: SimpleNamespace(**place[end]) for end in ("start", "end")}
    return SimpleNamespace(range=SimpleNamespace(**lines), text=piece)


def asked(room, document, offset):
    """The answers to every question about a place, as they are sent."""
    answers = [
        complete.complete(room, document, offset, True),
        hover.hover(room, document, offset),
        hover.signature(document, offset),
        navigate.definition(room, document, offset),
        navigate.references(room, document, offset),
        navigate.highlights(document, offset),
        outline.symbols(document),
        outline.folds(document),
        document.colours.full(document.text),
        outline.everywhere(room, "a"),
        edits.fixes(room, document, offset, offset),
    ]
    try:
        answers.append(navigate.rename(room, document, offset, "renamed"))
    except navigate.Refused as refused:
        answers.append(str(refused))
    return json.dumps(answers)


broken = (st.sampled_from(TEXTS), st.lists(change, min_size=1, max_size=6), st.floats(0, 1), st.booleans())


@settings(max_examples=20, deadline=None)
@given(*broken)
@pytest.mark.slow
def test_no_question_fails(text, changes, at, cut):
    ask_all(text, changes, at, cut)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(*broken)
def test_no_question_fails_ever(text, changes, at, cut):
    ask_all(text, changes, at, cut)


@pytest.mark.parametrize("end", [".", "..", "\nexpect ", "\npathway @ k1 }", "expect @ {", "expect { seen"])
def test_no_beginning_and_end_of_a_text_fails(end):
    for text in TEXTS[:2]:
        ask_all(text, [(1.0, 0, end), (0.0, 17, end), (0.0, 13, "@ {")], 1.0, False)


def ask_all(text, changes, at, cut):
    room = Room()
    document = room.open("file:///tmp/typed.mech", 1, text[: round(at * len(text))] if cut else text)
    found, cards = survey(document.uri, document.text.text, {})
    document.known = Known(1, found, cards, cards)
    for version, each in enumerate(changes, 2):
        room.change(document.uri, version, [typed(document, *each)])
        asked(room, document, round(each[0] * len(document.text.text)))
    asked(room, document, round(at * len(document.text.text)))


def seen(index):
    loose = index.loose
    statements = [([tuple(token) for token in s.tokens], s.start, s.end) for s in loose.statements]
    blocks = [(b.start, b.end, b.head, b.name) for b in loose.blocks]
    uses = {symbol: index.uses(symbol) for name in index.by_name for symbol in index.called(name)}
    return statements, blocks, loose.comments, loose.strings, loose.tops, list(index.places()), uses


def shown(document):
    """All that editors show of a whole text."""
    colours = document.colours.tokens(document.text)
    return colours, outline.symbols(document), outline.folds(document)


def with_delta(sent, delta):
    """The tokens that an editor has after a delta to those that were sent."""
    if "data" in delta:
        return delta["data"]
    data = list(sent)
    for each in delta["edits"]:
        data[each["start"] : each["start"] + each["deleteCount"]] = each["data"]
    return data


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(TEXTS), st.lists(change, min_size=1, max_size=6))
def test_what_is_kept_is_what_is_read_anew(text, changes):
    room = Room()
    document = room.open("file:///tmp/typed.mech", 1, text)
    shown(document)
    for version, each in enumerate(changes, 2):
        room.change(document.uri, version, [typed(document, *each)])
        assert seen(document.index) == seen(Index(document.text.text))
        assert shown(document) == shown(Room().open(document.uri, 1, document.text.text))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(TEXTS), st.lists(change, min_size=1, max_size=6))
def test_colours_told_by_their_changes_are_those_of_the_whole(text, changes):
    room = Room()
    document = room.open("file:///tmp/typed.mech", 1, text)
    sent = document.colours.full(document.text)
    had = sent["data"]
    for version, each in enumerate(changes, 2):
        room.change(document.uri, version, [typed(document, *each)])
        sent = document.colours.change(document.text, sent["resultId"])
        had = with_delta(had, sent)
        assert had == Room().open(document.uri, 1, document.text.text).colours.full(document.text)["data"]


def placed(data):
    """Tokens with line and character from the start of the text."""
    line = character = 0
    for i in range(0, len(data), 5):
        down, across, *rest = data[i : i + 5]
        line, character = line + down, across if down else character + across
        yield line, character, *rest


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(TEXTS), change, st.integers(0, 40), st.integers(0, 40))
def test_colours_of_some_lines_are_those_of_the_whole(text, one, first, last):
    room = Room()
    document = room.open("file:///tmp/typed.mech", 1, text)
    room.change(document.uri, 2, [typed(document, *one)])
    all_of_them = list(placed(document.colours.tokens(document.text)))
    some = list(placed(document.colours.tokens(document.text, first, last)))
    assert some == [each for each in all_of_them if first <= each[0] <= last]


# --- layout ---

LINES = (
    "",
    "# a note",
    "species X = 1",
    "A+B->C@k1  # so",
    "k1 =2 /s;k2= 3/min",
    "pathway z{",
    "}",
    "unit c1",
    "  E -> F",
    "(",
    "min = 2",
)


def laid_out(document):
    """The text after the edits of its layout; None where it is broken."""
    try:
        changes = edits.layout(document)
    except edits.Broken:
        return None
    text = document.text
    for each in sorted(changes, key=lambda edit: edit["range"]["start"]["line"], reverse=True):
        start, end = (text.offset(**each["range"][end]) for end in ("start", "end"))
        text = type(text)(text.text[:start] + each["newText"] + text.text[end:])
    return text.text


def formatted(text):
    try:
        return format_text(text)
    except MechanismError:
        return None


line_changes = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 2), st.sampled_from(LINES)), min_size=1, max_size=5)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(TEXTS), line_changes, st.booleans())
def test_the_layout_of_what_is_typed_is_that_of_the_whole(text, changes, windows):
    lay_out_all(text, changes, windows)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TEXTS), line_changes, st.booleans())
def test_the_layout_of_what_is_typed_is_that_of_the_whole_ever(text, changes, windows):
    lay_out_all(text, changes, windows)


def lay_out_all(text, changes, windows):
    room = Room()
    document = room.open("file:///tmp/typed.mech", 1, text.replace("\n", "\r\n") if windows else text)
    for version, (at, gone, line) in enumerate(changes, 2):
        first = round(at * document.text.text.count("\n"))
        start, end = document.text.offset(first, 0), document.text.offset(first + gone, 0)
        place = {end: SimpleNamespace(**p) for end, p in document.text.range(start, end).items()}
        new = line + ("\r\n" if windows else "\n")
        room.change(document.uri, version, [SimpleNamespace(range=SimpleNamespace(**place), text=new)])
        assert laid_out(document) == formatted(document.text.text)


@pytest.mark.parametrize("name", assets.mechanism_names())
def test_the_layout_of_a_shipped_mechanism_is_there_already(name):
    document = Room().open("file:///tmp/shipped.mech", 1, assets.mechanism_text(name)[1])
    assert edits.layout(document) == []


# --- the server ---


@pytest.mark.slow
def test_a_server_that_is_typed_at(client):
    numbers = random.Random(7)
    client.open("typed.mech", TEXT)
    for version in range(2, 62):
        line = numbers.randrange(TEXT.count("\n"))
        start = {"line": line, "character": numbers.randrange(30)}
        end = {"line": line + numbers.randrange(2), "character": numbers.randrange(40)}
        client.change("typed.mech", version, {"range": {"start": start, "end": end}, "text": numbers.choice(PIECES)})
        document = {"textDocument": {"uri": client.uri("typed.mech")}}
        client.ask("textDocument/completion", {**document, "position": start})
        client.ask("textDocument/hover", {**document, "position": end})
        client.ask("textDocument/documentSymbol", document)
        client.ask("textDocument/semanticTokens/full", document)
        client.ask("textDocument/formatting", {**document, "options": {"tabSize": 4, "insertSpaces": True}})
    client.change("typed.mech", 62, {"text": "A -> B @ 1 /mim\n"})
    assert [f["code"] for f in client.findings("typed.mech", 62) if f["severity"] == 1] == ["E012"]
    assert client.errors == []
