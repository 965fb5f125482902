"""``mscnet show``: every view, in every spelling that it has."""

import json

import pytest

from tests.cli.conftest import EXCHANGE

VIEWS = ("summary", "equations", "species", "reactions", "matrix", "conservation", "graph")

RICH = """units time = min, concentration = mM
species E "the enzyme" = 0.1 mM
species S "the substrate" of C6H12O6 = 5 mM
species I = 2 mM constant
parameter Vmax = 2 mM/min in 1 .. 10 "guessed"
parameter Km = 500 uM
parameter kd = 3 /mM/h
Ki = Km/2
S -> P  rate Vmax*[S]/(Km*(1 + [I]/Ki) + [S])
decay: 2 P -> 0 @ kd
leak: E + S <-> ES @ kon, koff
observable bound = [ES]/[E]
"""


def test_one_line_gives_its_four_rate_equations(mscnet):
    assert mscnet("show - equations", stdin=EXCHANGE).out.splitlines() == [
        "d[CdTe_PC]/dt = -k1*[CdTe_PC]*[CdSe_MF] + k1r*[CdTeSe_PC399]*[CdTe_MF]",
        "d[CdSe_MF]/dt = -k1*[CdTe_PC]*[CdSe_MF] + k1r*[CdTeSe_PC399]*[CdTe_MF]",
        "d[CdTeSe_PC399]/dt = k1*[CdTe_PC]*[CdSe_MF] - k1r*[CdTeSe_PC399]*[CdTe_MF]",
        "d[CdTe_MF]/dt = k1*[CdTe_PC]*[CdSe_MF] - k1r*[CdTeSe_PC399]*[CdTe_MF]",
    ]


def test_one_line_gives_its_three_conservation_laws(mscnet):
    laws = mscnet("show - conservation", stdin=EXCHANGE).out.splitlines()
    assert {frozenset(law.removesuffix(" = const").split(" + ")) for law in laws} == {
        frozenset({"CdTe_PC", "CdTeSe_PC399"}),
        frozenset({"CdTe_PC", "CdTe_MF"}),
        frozenset({"CdSe_MF", "CdTeSe_PC399"}),
    }


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_text(mscnet, view):
    outcome = mscnet(f"show - {view}", stdin=RICH)
    assert (outcome.code, bool(outcome.out.strip()), outcome.err) == (0, True, "")


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_json(mscnet, view):
    assert json.loads(mscnet(f"show - {view} --json", stdin=RICH).out)


@pytest.mark.parametrize("view", ["equations", "conservation", "matrix"])
def test_formulas_have_latex(mscnet, view):
    assert "\\begin{" in mscnet(f"show - {view} --latex", stdin=RICH).out


def test_the_graph_has_dot(mscnet):
    assert mscnet("show one.mech graph --dot").out.startswith("digraph")


@pytest.mark.parametrize(
    "options", ["species --latex", "equations --dot", "matrix --reduced", "equations --dot --json"]
)
def test_a_spelling_that_a_view_lacks_is_wrong_usage(mscnet, options):
    assert mscnet(f"show one.mech {options}").code == 2


@pytest.mark.parametrize("view", ["analysis"])
def test_views_that_are_to_come_are_64(mscnet, view):
    outcome = mscnet(f"show one.mech {view}")
    assert (outcome.code, "not there yet" in outcome.err) == (64, True)


def test_reduced_equations_name_the_totals(mscnet):
    reduced = mscnet("show one.mech equations --reduced").out
    assert (reduced.count("d["), "CdTe_PC" in reduced) == (1, True)


def test_reduced_equations_have_latex_and_json(mscnet):
    assert mscnet("show one.mech equations --reduced --latex").code == 0
    assert json.loads(mscnet("show one.mech equations --reduced --json").out)


def test_the_summary_counts_and_names_what_is_missing(mscnet):
    lines = mscnet("show one.mech").out.splitlines()
    assert "species     4" in lines
    assert "parameters  2, without a value: k1, k1r" in lines
    assert "conserved   3 totals" in lines


def test_the_summary_marks_the_pathways(mscnet):
    out = mscnet("show paths.mech").out
    assert "fast “the fast one”" in out
    assert "slow  (shown, default)" in out


def test_the_pathway_that_is_taken_is_named_on_stderr(mscnet):
    outcome = mscnet("show paths.mech equations")
    assert "slow" in outcome.err
    assert "-0.1*[A]" in outcome.out


def test_a_pathway_is_chosen(mscnet):
    outcome = mscnet("show paths.mech equations --pathway fast")
    assert ("-10*[A]" in outcome.out, outcome.err) == (True, "")


def test_an_unknown_pathway_is_1_with_a_suggestion(mscnet):
    outcome = mscnet("show paths.mech --pathway slov")
    assert (outcome.code, "did you mean `slow`?" in outcome.err) == (1, True)


def test_values_are_shown_as_written(mscnet):
    out = mscnet("show - reactions", stdin=RICH).out
    assert [word in out for word in ("500 uM", "3 /mM/h", "1 .. 10 mM/min", "guessed")] == [True] * 4


def test_missing_values_say_so_with_their_unit(mscnet):
    assert "kon        not given (in /mM/min)" in mscnet("show - reactions", stdin=RICH).out


def test_labels_and_initial_values_are_shown(mscnet):
    rows = mscnet("show - species", stdin=RICH).out.splitlines()
    assert rows[3].split("  ")[0] == "S"
    assert "the substrate" in rows[3]
    assert "5 mM" in rows[3]


def test_a_species_without_an_initial_value_has_a_dash(mscnet):
    assert "—" in mscnet("show - species", stdin=RICH).out.splitlines()[-1]


def test_derived_values_of_the_rates_are_explained(mscnet):
    assert mscnet("show - equations", stdin=RICH).out.endswith("where\n  Ki = Km/2\n")


def test_a_wide_matrix_is_listed_by_entries(mscnet):
    chain = "".join(f"A{i} -> A{i + 1} @ 1\n" for i in range(30))
    assert mscnet("show - matrix", stdin=chain).out.startswith("31 species × 30 reactions")


def test_warnings_are_shown_but_do_not_fail(mscnet):
    outcome = mscnet("show - equations", stdin="A -> B @ 1\nparameter k9 = 1 /s\n")
    assert (outcome.code, "warning" in outcome.err, outcome.out.count("d[")) == (0, True, 2)


def test_a_wrong_file_is_1_with_nothing_on_stdout(mscnet):
    outcome = mscnet("show -", stdin="A ->\n")
    assert (outcome.code, outcome.out) == (1, "")


def test_nothing_conserved_says_so(mscnet):
    assert mscnet("show - conservation", stdin="0 -> A @ 1\nA -> 0 @ 1\n").out == "nothing is conserved\n"


def test_numbers_of_laws_carry_the_units_of_the_file(mscnet):
    text = "units time = s, concentration = uM\nA + B -> C @ 1e6 /M/s\nobservable x = [A]*(2 /s)"
    out = mscnet("show - reactions", stdin=text).out
    assert [word in out for word in ("@ 1 /uM/s", "[A]*(2 /s)", "concentration uM")] == [True] * 3


@pytest.mark.parametrize("line", ["show one.mech nothing", "run one.mech --method nothing"])
def test_a_wrong_choice_lists_only_what_works(mscnet, line):
    error = mscnet(line).err
    assert [word in error for word in ("analysis", "tau", "choose from")] == [False, False, True]
