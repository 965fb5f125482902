"""What the server answers, asked over the pipes of `mscnet lsp`."""

import pytest

from mscnet.language import slips
from mscnet.lsp import words
from mscnet.mechanism.facts import FEATURES

TEXT = """units time = min, concentration = mM
species A "the educt" of C2H4 = 1 mM  # 𝒜 and µ
species Cat constant = 0.1 mM
parameter k1 = 0.2 /min in 0.01 .. 10 log "of the first step"
parameter k2 = 0.1 /min
function half(x) = x/2
double = 2*k1
first: A -[Cat]-> 2 B  @ k1/(1 mM)
second: B <-> C  @ double, half(k2)  "back and forth"
observable all "everything" = [A] + [B]
pathway fast { third: C -> D  @ k1 }
pathway slow "𝒷" { k3 = half(k1) ; third: C -> D  @ k3 }
solution stock { A = 1 mM }
experiment batch(v) for v in 1, 2 mL {
    mix v stock
    measure seen = [A], all every 1 min for 5 min
}
expect batch { seen decreases from "the paper" }
option t_end = 10 min, pathway = fast
"""


@pytest.fixture(scope="module")
def file(shared):
    shared.open("a.mech", TEXT)
    assert [f for f in shared.findings("a.mech") if f["severity"] == 1] == []
    return shared


def labels(answer):
    return {item["label"] for item in answer["items"]}


def completed(client, name, text):
    """What is offered at the mark ‸ in a text."""
    clean = text.replace("‸", "")
    client.open(name, clean)
    client.findings(name)
    return labels(client.ask("textDocument/completion", client.at(name, text, "‸")))


def hovered(client, mark, behind=0):
    return client.ask("textDocument/hover", client.at("a.mech", TEXT, mark, behind))["contents"]["value"]


def places(client, answer, text=TEXT):
    """The stretches of a text that locations name, as line number (from 1) and words."""
    lines = text.split("\n")
    found = []
    for place in answer:
        start, end = place["range"]["start"], place["range"]["end"]
        units = lines[start["line"]].encode("utf-16-le")
        found.append((start["line"] + 1, units[2 * start["character"] : 2 * end["character"]].decode("utf-16-le")))
    return sorted(found)


# --- hover ---


def test_a_species_shows_its_rate_equation(file):
    text = hovered(file, "A -[Cat]")
    assert "the educt" in text
    assert "C2H4" in text
    assert "1 mM" in text
    assert "d[A]/dt = - k1/(1 mM)*[A]*[Cat]" in text


def test_a_parameter_shows_value_bounds_and_use(file):
    text = hovered(file, "k1/(1 mM)")
    assert "0.2 /min" in text
    assert "0.01 .. 10" in text
    assert "of the first step" in text
    assert "`first`" in text


def test_an_arrow_shows_its_step(file):
    text = hovered(file, "<->")
    assert "second: B <-> C" in text
    assert "back and forth" in text


def test_a_label_shows_its_step(file):
    assert "first: A -[Cat]-> 2 B" in hovered(file, "first:")


def test_a_function_shows_its_body(file):
    assert "half(x) = x/2" in hovered(file, "half(k2)")


def test_a_unit_says_what_it_is(file):
    assert "time" in hovered(file, "min, concentration")


FAMILY = """units time = min, concentration = mM
compartment cell = 1 pL, gut = 2 pL
species F[n] of Au[n] in cell for n in 2 .. 51 ; species F[1] of Au in cell = 1 mM
F[1] + F[n] <-> F[n+1]  @ ka, kd  for n in 1 .. 50
for E in Te, Se { Cd{E} -> Q{E}  @ k{E} }
parameter ka = 0.1 /mM/min, kd = 0.2 /min, kTe = 1 /min, kSe = 2 /min
"""
ENERGY = """units time = min, concentration = mM
temperature = 300 K
species G gibbs = -12 kJ/mol = 1 mM, H gibbs = -14 kJ/mol
gh: G <-> H  @ 0.1 /min
dose: at 5 min { G += 1 mM }
solution S { G = 1 mM }
solvent water
experiment ex {
    mix 1 mL S + 1 mL water
    measure g = [G] every 1 min for 10 min
}
expect ex { max(g) < 1 mM }
import "rate_laws" as law
G -> H  rate law.michaelis_menten([G], 1 mM/min, 2 mM)
"""


@pytest.fixture(scope="module")
def families(shared):
    text = FAMILY.replace("Cd{E} -> Q{E}", "gut.Cd{E} -> gut.Q{E}")
    shared.open("family.mech", text)
    assert [f for f in shared.findings("family.mech") if f["severity"] == 1] == []
    return lambda mark: shared.ask("textDocument/hover", shared.at("family.mech", text, mark))["contents"]["value"]


@pytest.fixture(scope="module")
def energies(shared):
    shared.open("energy.mech", ENERGY)
    assert [f for f in shared.findings("energy.mech") if f["severity"] == 1] == []

    def ask(mark, behind=0):
        at = shared.at("energy.mech", ENERGY, mark, behind)
        return shared.ask("textDocument/hover", at)["contents"]["value"]

    return ask


def test_a_member_shows_its_own_equation(families):
    assert "d[F[1]]/dt = - 2*ka*[F[1]]^2" in families("F[1] +")


def test_a_family_shows_its_members_and_one_of_them(families):
    text = families("F[n] <->")
    assert "family of 51" in text
    assert "composition Au3" in text


def test_the_constants_of_a_family(families):
    assert families("k{E}").startswith("family of 2: `kTe`, `kSe`")


def test_the_arrow_of_a_family_shows_one_of_its_steps(families):
    assert families("<->").startswith("one of 50 steps")


def test_a_species_with_energies(energies):
    assert "-12 kJ/mol" in energies("G gibbs")


def test_a_step_with_its_equilibrium_constant(energies):
    text = energies("gh:")
    assert "K = 2.229" in text  # exp(2 kJ/mol / (R 300 K))
    assert "ΔG° = -2 kJ/mol" in text


@pytest.mark.parametrize(
    ("mark", "behind", "shown"),
    [
        ("dose", 0, "event `dose`"), ("S +", 0, "solution S { G = 1 mM }"), ("ex { max", 0, "measure g = [G]"),
        ("max(", 0, "its largest value"), ("g) <", 0, "measure g = [G]"), ("water\n    measure", 0, "solvent `water`"),
        ("law.mich", 5, "law.michaelis_menten(S, V, Km) = V*S/(Km + S)"), ("law.mich", 0, 'import "rate_laws" as law'),
        ("gibbs", 0, "standard Gibbs energy"), ("temperature", 0, "= 300 K"), ("mix", 0, "put portions together"),
    ],
)  # fmt: skip
def test_everything_says_what_it_is(energies, mark, behind, shown):
    assert shown in energies(mark, behind)


# --- completion ---


def test_species_in_a_reaction(shared):
    offered = completed(shared, "c1.mech", "species Alpha = 1\nparameter kay = 1\nAlpha -> ‸")
    assert "Alpha" in offered
    assert "kay" not in offered


def test_constants_behind_the_at_sign(shared):
    offered = completed(shared, "c2.mech", "species Alpha = 1\nparameter kay = 1\nAlpha -> B @ ‸")
    assert {"kay", "[Alpha]", "sqrt"} <= offered


def test_species_within_brackets_are_bare(shared):
    offered = completed(
        shared, "c3.mech", "species Alpha = 1\nparameter kay = 1\nobservable x = 2*[‸\nAlpha -> B @ kay\n"
    )
    assert "Alpha" in offered
    assert "kay" not in offered


def test_units_behind_a_number(shared):
    offered = completed(shared, "c4.mech", "unit c0\nparameter kay = 1 ‸")
    assert {"c0", "mM", "min"} <= offered
    assert "kay" not in offered


def test_heads_at_the_start_of_a_line(shared):
    assert {"species", "parameter", "pathway"} <= completed(shared, "c5.mech", "A -> B @ 1\n‸")


def test_mechanisms_behind_import(shared):
    (shared.folder / "beside.mech").write_text("A -> B @ 1\n")
    assert {"cdtese", "rate_laws", "beside.mech"} <= completed(shared, "c6.mech", 'import "‸"\nA -> B @ 1\n')


def test_laws_behind_the_prefix_of_the_library(shared):
    text = 'import "rate_laws" as law\nspecies S = 1\nS -> P rate law.‸\n'
    assert "michaelis_menten" in completed(shared, "c7.mech", text)


def test_pathways_of_an_option(shared):
    text = "A -> B @ 1\npathway one { B -> C @ 1 }\npathway two { B -> D @ 1 }\noption pathway = ‸\n"
    assert completed(shared, "c8.mech", text) == {"one", "two"}


def test_compartments_and_what_is_in_them(shared):
    text = "compartment cell = 1 pL, gut = 1 pL\nspecies cell.Alpha = 1\n"
    assert completed(shared, "c12.mech", text + "species B in ‸") == {"cell", "gut"}
    assert completed(shared, "c13.mech", text + "cell.‸") == {"Alpha"}


def test_every_statement_is_offered_and_explained():
    assert {*slips.HEADS} - {*words.HEADS} == set()


def test_every_feature_is_explained():
    assert set(FEATURES) == set(words.FEATURE_WORDS)


def test_verbs_in_an_experiment(shared):
    offered = completed(shared, "c9.mech", "A -> B @ 1\nexperiment e {\n    ‸\n}\n")
    assert {"hold", "measure"} <= offered
    assert "species" not in offered


def test_nothing_in_a_comment(shared):
    assert completed(shared, "c10.mech", "A -> B @ 1  # ‸") == set()


def test_a_broken_text_completes_from_its_names(shared):
    assert "Alpha" in completed(shared, "c11.mech", "species Alpha = = 1\nparameter (\nAlpha -> ‸")


# --- signatures ---


def test_the_signature_of_a_call(file):
    answer = file.ask("textDocument/signatureHelp", file.at("a.mech", TEXT, "half(k2)", 5))
    assert answer["signatures"][0]["label"] == "half(x)"
    assert answer["activeParameter"] == 0


# --- places ---


def test_definition(file):
    answer = file.ask("textDocument/definition", file.at("a.mech", TEXT, "k1/(1 mM)"))
    assert places(file, answer) == [(4, "k1")]


def test_references_know_pathways(file):
    params = {**file.at("a.mech", TEXT, "k3 }"), "context": {"includeDeclaration": True}}
    assert places(file, file.ask("textDocument/references", params)) == [(12, "k3"), (12, "k3")]


def test_highlights_of_a_species(file):
    answer = file.ask("textDocument/documentHighlight", file.at("a.mech", TEXT, "B  @"))
    assert [line for line, _ in places(file, answer)] == [8, 9, 10]


def test_labels_belong_to_their_pathway(file):
    answer = file.ask("textDocument/documentHighlight", file.at("a.mech", TEXT, "third: C -> D  @ k1"))
    assert places(file, answer) == [(11, "third")]


# --- renaming ---


def test_rename_everywhere(file):
    params = {**file.at("a.mech", TEXT, "half(k2)"), "newName": "halved"}
    changes = file.ask("textDocument/rename", params)["changes"][file.uri("a.mech")]
    assert [line for line, _ in places(file, changes)] == [6, 9, 12]


@pytest.mark.parametrize("name", ["k2", "2k", "a b", "species", "sqrt", "mM", "", "x"])
def test_rename_refuses(file, name):
    error = file.refused("textDocument/rename", {**file.at("a.mech", TEXT, "k1/(1 mM)"), "newName": name})
    assert error["code"] == -32803


def test_units_have_no_other_name(file):
    assert (
        "word of mscnet" in file.refused("textDocument/prepareRename", file.at("a.mech", TEXT, "min, con"))["message"]
    )


def test_prepare_rename_gives_the_name(file):
    assert file.ask("textDocument/prepareRename", file.at("a.mech", TEXT, "double,"))["placeholder"] == "double"


# --- the whole file ---


def test_outline(file):
    answer = file.ask("textDocument/documentSymbol", {"textDocument": {"uri": file.uri("a.mech")}})
    below = {symbol["name"]: [inner["name"] for inner in symbol.get("children", [])] for symbol in answer}
    assert below["slow"] == ["k3", "third"]
    assert below["batch"] == ["seen"]
    assert below["A"] == []


def test_folding(file):
    answer = file.ask("textDocument/foldingRange", {"textDocument": {"uri": file.uri("a.mech")}})
    assert [(fold["startLine"], fold["endLine"]) for fold in answer] == [(13, 15)]


def test_semantic_tokens_of_letters_beyond_the_first_plane(shared):
    text = 'pathway p "𝒷𝒷" { a: A -> B @ k }\n'
    shared.open("s.mech", text)
    data = shared.ask("textDocument/semanticTokens/full", {"textDocument": {"uri": shared.uri("s.mech")}})["data"]
    assert data[:2] == [0, 8]
    assert data[5:8] == [0, len('p "𝒷𝒷" { ') + 2, 1]  # the label of the step, two letters of two units before it


def test_semantic_tokens_by_their_changes(shared):
    shared.open("t.mech", "A -> B @ k\nC -> D @ k\n")
    document = {"textDocument": {"uri": shared.uri("t.mech")}}
    sent = shared.ask("textDocument/semanticTokens/full", document)
    place = {"line": 1, "character": 0}
    shared.change("t.mech", 2, {"range": {"start": place, "end": place}, "text": "  "})
    since = {**document, "previousResultId": sent["resultId"]}
    delta = shared.ask("textDocument/semanticTokens/full/delta", since)
    assert delta["edits"] == [{"start": 10, "deleteCount": 5, "data": [1, 2, 1, 0, 0]}]
    assert "data" in shared.ask("textDocument/semanticTokens/full/delta", since)  # which is not what was sent last


def test_semantic_tokens_of_some_lines(shared):
    shared.open("u.mech", "A -> B @ k\nC -> D @ k\n")
    lines = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 10}}
    asked = {"textDocument": {"uri": shared.uri("u.mech")}, "range": lines}
    assert shared.ask("textDocument/semanticTokens/range", asked)["data"][:5] == [1, 0, 1, 0, 0]


def test_workspace_symbols(file):
    found = file.ask("workspace/symbol", {"query": "dbl"})
    assert [symbol["name"] for symbol in found] == ["double"]


def test_formatting(shared):
    shared.open("f.mech", "A+B->C@k1\nC->D @k2\n")
    params = {"textDocument": {"uri": shared.uri("f.mech")}, "options": {"tabSize": 4, "insertSpaces": True}}
    edits = shared.ask("textDocument/formatting", params)
    assert "".join(edit["newText"] for edit in edits) == "A + B -> C  @ k1\nC     -> D  @ k2\n"


def test_range_formatting_leaves_other_lines(shared):
    shared.open("g.mech", "A+B->C@k1\n\nC->D@k2\n")
    params = {
        "textDocument": {"uri": shared.uri("g.mech")},
        "options": {"tabSize": 4, "insertSpaces": True},
        "range": {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 3}},
    }
    assert [edit["newText"] for edit in shared.ask("textDocument/rangeFormatting", params)] == ["C -> D  @ k2\n"]


def test_a_broken_text_is_not_formatted(shared):
    shared.open("h.mech", "A+B->\n")
    params = {"textDocument": {"uri": shared.uri("h.mech")}, "options": {"tabSize": 4, "insertSpaces": True}}
    assert shared.ask("textDocument/formatting", params) is None
