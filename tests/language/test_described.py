"""What the description of the language says, section by section, in the words of a whole file: each claim once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mscnet
from mscnet import Mechanism
from mscnet.cli.main import main
from mscnet.language import check_text
from mscnet.mechanism.expression import to_text
from mscnet.network.rates import rate_expression

# --- 1: one line is a program ----------------------------------------------------------------------------

LINE = "CdTe_PC + CdSe_MF <-> CdTeSe_PC399 + CdTe_MF\n"


@pytest.fixture
def line(tmp_path: Path) -> str:
    path = tmp_path / "line.mech"
    path.write_text(LINE, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("equations", "k1*[CdTe_PC]*[CdSe_MF]"),
        ("conservation", "CdTe_PC + CdTeSe_PC399"),
        ("graph", "CdTeSe_PC399"),
        ("matrix", "CdSe_MF"),
    ],
)
def test_a_line_shows_its_equations_laws_and_graph_without_a_number(
    line: str, what: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", line, what]) == 0
    assert shown in capsys.readouterr().out


def test_a_run_of_it_says_which_values_are_missing_and_how_to_give_them(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", line, "--t-end", "1 s"]) == 1
    said = capsys.readouterr().err
    assert all(part in said for part in ("k1", "k1r", "--set"))


# --- 2: reactions ------------------------------------------------------------------------------------------

REACTIONS = """
units time = min, concentration = mM
step1: CdTe_PC + CdSe_MF <-> CdTeSe_PC399 + CdTe_MF   @ k1, k2
step3: CdTeSe_PC399 <-> CdTeSe_MSC399                 @ k3*(1 + a3*[OTA]), k4
frag:  CdSe_PC -> 2 CdSe_MF                           @ kf
2 A -> B @ 0.1 /mM/min ; 0 -> A @ 1 mM/min ; A -> 0 @ 0.2 /min
P -> Q -> W @ q1, q2
E + S <-> ES -> E + P @ kon, koff, kcat
parameter Vmax = 2 mM/min ; parameter Km = 0.5 mM
S -> P rate Vmax*[S]/(Km + [S])
A -[OTA]-> B @ kc
A -[OTA^0.5]-> B @ kc5
A + B -> C @ ko order A^1.5 B
parameter n = 2
(n+1) A -> B @ kn ; H^+ + OH^- -> H2O @ kw
"""


@pytest.fixture(scope="module")
def reactions() -> Mechanism:
    return mscnet.loads(REACTIONS)


@pytest.mark.parametrize(
    ("step", "rate"),
    [
        ("step1", "k1*CdTe_PC*CdSe_MF"),
        ("step1.reverse", "k2*CdTeSe_PC399*CdTe_MF"),
        ("step3", "k3*(1 + a3*OTA)*CdTeSe_PC399"),
        ("frag", "kf*CdSe_PC"),
        ("r4", "0.1*A^2"),
        ("r5", "1"),
        ("r6", "0.2*A"),
        ("r7", "q1*P"),
        ("r8", "q2*Q"),
        ("r9.reverse", "koff*ES"),
        ("r10", "kcat*ES"),
        ("r11", "Vmax*S/(Km + S)"),
        ("r12", "kc*A*OTA"),
        ("r13", "kc5*A*OTA^0.5"),
        ("r14", "ko*A^1.5*B"),
        ("r15", "kn*A^(n + 1)"),
        ("r16", "kw*H^+*OH^-"),
    ],
)
def test_every_form_of_a_reaction_has_the_rate_that_it_says(reactions: Mechanism, step: str, rate: str) -> None:
    found = next(r for r in reactions.reactions if r.name == step)
    assert to_text(rate_expression(reactions, found)) == rate


def test_all_that_follows_an_at_sign_first_is_a_parameter_without_a_value(reactions: Mechanism) -> None:
    named = {p.name for p in reactions.missing_values()}
    assert named == {
        "k1",
        "k2",
        "k3",
        "a3",
        "k4",
        "kf",
        "q1",
        "q2",
        "kon",
        "koff",
        "kcat",
        "kc",
        "kc5",
        "ko",
        "kn",
        "kw",
    }


def test_anywhere_else_an_unknown_name_is_an_error_with_a_suggestion() -> None:
    (found,) = check_text("CdTe_PC -> B @ k\nobservable x = 2*[CdTe_PX]").diagnostics
    assert (found.code, found.hint) == ("E010", "did you mean `CdTe_PC`?")


def test_combinatorial_mass_action_divides_by_the_ways_to_choose() -> None:
    text = "2 A -> B @ 3 /M/s\noption mass_action = "
    rates = [
        to_text(rate_expression(mechanism, mechanism.reactions[0]))
        for mechanism in (mscnet.loads(text + "power"), mscnet.loads(text + "combinatorial"))
    ]
    assert rates == ["3*A^2", "3*A^2/2"]


def test_an_equilibrium_constant_sets_the_reverse() -> None:
    mechanism = mscnet.loads("A <-> B @ k1, K = 12")
    assert to_text(mechanism.reactions[1].law.expression) == "k1/12"


@pytest.mark.parametrize("form", ["arrhenius(1e9 /s, 50 kJ/mol)", "eyring(85 kJ/mol, -20 J/mol/K)"])
def test_the_forms_of_temperature_need_one(form: str) -> None:
    (found,) = check_text(f"A -> B @ {form}").diagnostics
    assert (found.code, found.hint) == ("E010", "write `temperature = 298.15 K`")
    assert not check_text(f"temperature = 298.15 K\nA -> B @ {form}").diagnostics


def test_a_loop_against_detailed_balance_is_a_warning_that_names_it() -> None:
    (found,) = check_text("A <-> B @ 1, 2\nB <-> C @ 1, 1\nlast: C <-> A @ 1, 1").diagnostics
    assert (found.severity, found.code) == ("warning", "W230")
    assert "r1 + r2 + last" in found.message


# --- 3: species, parameters, units ---------------------------------------------------------------------------

DECLARED = """
units time = min, concentration = mM, volume = mL
unit c0
species CdTe_PC "CdTe PC-371" of Cd[n]Te[n] = 1.2 mM
species OTA "octylamine" of C8H19N constant
parameter k1 = 0.05 /mM/min in 1e-4 .. 10 log "substitution"
parameter eps = 23 ± 2 /mM/cm
parameter feed = 1 mM/min, kept = 2 /min in 1 .. 3 fixed
k2 = k1/12
function hill(x, K, n) = x^n/(K^n + x^n)
observable Te_total = [CdTe_PC] + [CdTe_MSC371]
observable half = hill([A], 2 mM, 2)*eps*(1 cm)*[A]
option t_end = 240 min, points = 241, pathway = eq1
temperature = 298.15 K
at t = 20 h { OTA += 2 mM } ; when [A] < 0.1 mM { feed = 0 }
CdTe_PC <-> CdTe_MSC371 @ kept, kept ; 0 -> A @ feed
pathway eq1 { CdTe_MSC371 + A <-> B @ k1, k2*(1 mM) }
"""


@pytest.fixture(scope="module")
def declared() -> Mechanism:
    return mscnet.loads(DECLARED)


def test_a_species_says_its_label_composition_and_start(declared: Mechanism) -> None:
    pc, ota = declared.get_species("CdTe_PC"), declared.get_species("OTA")
    assert (pc.label, pc.composition and pc.composition.text, ota.constant) == ("CdTe PC-371", "Cd[n]Te[n]", True)
    assert pc.initial is not None
    assert declared.evaluate(pc.initial) == 1.2


def test_a_parameter_says_its_bounds_scale_note_and_prior(declared: Mechanism) -> None:
    k1, eps, kept = (declared.get_parameter(name) for name in ("k1", "eps", "kept"))
    assert (k1.value, k1.bounds, k1.scale, k1.note, k1.free) == (0.05, (1e-4, 10.0), "log", "substitution", True)
    assert (eps.value, eps.prior, eps.free) == (23.0, 2.0, True)
    assert (kept.bounds, kept.free) == ((1.0, 3.0), False)


def test_a_bare_run_does_what_the_options_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.mech").write_text(DECLARED, encoding="utf-8")
    assert main(["run", str(tmp_path / "m.mech")]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert (len(rows), float(rows[-1].split(",")[0])) == (242, 240.0)


def test_events_happen_at_a_time_and_where_a_condition_begins(declared: Mechanism) -> None:
    run = mscnet.simulate(declared, t_end="21 h", points=22)
    assert run["OTA"][19] == 0
    assert run["OTA"][-1] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.05 /mM/min", 0.05), ("0.05 mM^-1 min^-1", 0.05), ("k0/12 /min", 2.0), ("5", 5.0), ("300 /M/h", 0.005),
    ],
)  # fmt: skip
def test_numbers_carry_units_and_division_is_plain(text: str, value: float) -> None:
    file = f"units time = min, concentration = mM\nparameter k0 = 24 /mM\nx = {text}\nA + B -> C @ x"
    assert mscnet.loads(file).value_of("x") == pytest.approx(value)


def test_without_units_a_file_is_in_seconds_and_moles_per_litre() -> None:
    mechanism = mscnet.loads("species A = 20 mM\nA -> B @ 3 /min")
    initial = mechanism.species[0].initial
    assert initial is not None
    assert (mechanism.evaluate(initial), mechanism.evaluate(mechanism.reactions[0].law.expression)) == (0.02, 0.05)


def test_numbers_of_a_list_share_the_unit_that_one_has() -> None:
    (loop,) = mscnet.loads(BENCH).experiments[0].loops
    assert [mscnet.loads(BENCH).evaluate(v) for v in loop.values] == pytest.approx([0.015, 0.030, 0.045, 0.060])


@pytest.mark.parametrize(
    ("text", "code", "said", "hint"),
    [
        ("parameter k = 2 mM-1\nA -> B @ k", "E014", "`mM-1`", "write `mM^-1`"),
        ("A -> B @ k/s", "E013", "`s`", None),
        ("parameter k = 1 /s\n2 A -> B @ k\nC -> D @ k", "E020", "per concentration per time", None),
        ("observable x = [A] + time\nA -> B @ 1", "E020", "time (s) cannot be added to concentration (M)", None),
        ("A -> B @ 1\nspecies A = 1 s", "E020", "", None),
        ("species A of C2H6, B of CO2\nA -> B @ 1", "E050", "H: 6 on the left, 0 on the right (-6)", None),
        ("species A of Cd[n]Te[n], B of Cd[n]Te[2n]\nA -> B @ 1", "E050", "Te: n on the left, 2n on the right", None),
    ],
)
def test_what_does_not_fit_is_an_error_that_says_how(text: str, code: str, said: str, hint: str | None) -> None:
    found = next(f for f in check_text(text).diagnostics if f.code == code)
    assert said in found.message
    assert hint is None or found.hint == hint


def test_a_name_of_the_file_wins_over_a_unit_with_a_note() -> None:
    found = check_text("species s = 1 M\nA -> B rate 2 M/s*k/s*s\nparameter k = 1 M")
    assert {f.code for f in found.diagnostics} >= {"N071"}


def test_a_scale_of_its_own_is_the_concentration_of_the_file() -> None:
    mechanism = mscnet.loads("unit c0\nspecies A = 1 c0\nA -> B @ 0.1\nspecies OTA = 2 M constant")
    assert mechanism.units.describe(mechanism.get_species("A").dimension) == "c0"


# --- 4: families -----------------------------------------------------------------------------------------------


def test_a_loop_over_names() -> None:
    mechanism = mscnet.loads("for E in Te, Se { Cd{E}_PC <-> Cd{E}_MSC @ ki{E}, kr{E} }")
    assert [s.name for s in mechanism.species] == ["CdTe_PC", "CdTe_MSC", "CdSe_PC", "CdSe_MSC"]
    assert [p.name for p in mechanism.parameters] == ["kiTe", "krTe", "kiSe", "krSe"]


def test_a_loop_over_numbers() -> None:
    mechanism = mscnet.loads("F[1] + F[n] <-> F[n+1] @ ka, kd   for n in 1 .. 50")
    assert (len(mechanism.reactions), len(mechanism.species), len(mechanism.parameters)) == (100, 51, 2)
    assert mechanism.reactions[0].reactants[0].coefficient == 2  # F[1] + F[1]


def test_a_constant_that_depends_on_the_member() -> None:
    mechanism = mscnet.loads("QD[n] + M -> QD[n+1] @ kg*n^(2/3) for n in 10 .. 200")
    values = mechanism.with_values(kg=1.0)
    assert len(values.reactions) == 191
    assert values.evaluate(values.reactions[17].law.expression) == pytest.approx(27 ** (2 / 3))


def test_unordered_pairs_and_a_warning_where_each_counts_twice() -> None:
    once = check_text("F[n] + F[m] -> F[n+m] @ ka for n in 1 .. 50, m in n .. 50")
    twice = check_text("F[n] + F[m] -> F[n+m] @ ka for n in 1 .. 50, m in 1 .. 50")
    assert once.mechanism is not None
    assert twice.mechanism is not None
    assert (len(once.mechanism.reactions), once.diagnostics) == (1275, ())
    assert (len(twice.mechanism.reactions), [f.code for f in twice.diagnostics]) == (2500, ["W213"])


# --- 6: pathways -------------------------------------------------------------------------------------------------

PATHWAYS = """
pathway eq1 "CdTe PC + CdSe M/F" { step1: CdTe_PC + CdSe_MF <-> CdTeSe_PC399 + CdTe_MF @ k1, k2 }
pathway eq2 "CdSe PC + CdTe M/F" { step1: CdSe_PC + CdTe_MF <-> CdTeSe_PC399 + CdSe_MF @ k1, k2 }
pathway addition                 { CdTe_PC + CdSe_PC -> CdTeSe_PC399 @ ka }
pathway eq1_irreversible = eq1 with { k2 = 0 }
CdTeSe_PC399 -> CdTeSe_MSC399 @ k9
"""


def test_a_file_with_pathways_is_a_family_of_models() -> None:
    mechanism = mscnet.loads(PATHWAYS)
    sizes = {p.name: len(mechanism.with_pathway(p.name).reactions) for p in mechanism.pathways}
    assert sizes == {"eq1": 3, "eq2": 3, "addition": 2, "eq1_irreversible": 2}
    assert mechanism.chosen.pathway == "eq1"


def test_another_file_is_brought_in_as_it_is_or_under_a_prefix(tmp_path: Path) -> None:
    (tmp_path / "cdte.mech").write_text("step: CdTe_PC <-> CdTe_MSC @ ki, kr", encoding="utf-8")
    (tmp_path / "a.mech").write_text('import "cdte.mech"\nCdTe_MSC -> X @ k', encoding="utf-8")
    (tmp_path / "b.mech").write_text('import "cdte.mech" as te\nte.CdTe_MSC -> X @ k', encoding="utf-8")
    plain, prefixed = (mscnet.load(tmp_path / f"{name}.mech") for name in "ab")
    assert {s.name for s in plain.species} == {"CdTe_PC", "CdTe_MSC", "X"}
    assert {s.name for s in prefixed.species} == {"te.CdTe_PC", "te.CdTe_MSC", "X"}
    assert {p.name for p in prefixed.parameters} == {"te.ki", "te.kr", "k"}


def test_mechanisms_of_the_package_come_by_name() -> None:
    assert mscnet.loads('import "michaelis_menten"').reactions


# --- 7 and 8: experiments and facts --------------------------------------------------------------------------------

BENCH = """
units time = min, concentration = mM, volume = mL
CdTe_PC + CdSe_MF <-> CdTeSe_PC399 + CdTe_MF @ k1, k2
CdTe_PC -> CdTe_MSC371 @ k3 ; CdTeSe_PC399 -[OTA]-> CdTeSe_MSC399 @ k4 ; CdSe_PC -> CdSe_MSC415 + CdSe_MF @ k5
parameter k1 = 0.1 /mM/min, k2 = 0.1 /mM/min, k3 = 0.05 /min, k4 = 1e-4 /mM/min, k5 = 0.1 /min
solution CdTe_IP { CdTe_PC = p0 ; CdTe_MF = m0 }
solution CdSe_IP { CdSe_PC = p1 ; CdSe_MF = m1 }
solvent toluene
liquid OTA { density = 0.782 g/mL ; molar_mass = 129.24 g/mol }
parameter p0 = 10 ; parameter m0 = 1 ; parameter p1 = 5 ; parameter m1 = 2 ; parameter e371 = 100 ; parameter e399 = 90
band CdTe_MSC371   { gaussian center = 371 nm, fwhm = 20 nm, epsilon = e371 ; tail onset = 360 nm, fraction = 0.6 }
band CdTeSe_MSC399 { gaussian center = 399 nm, fwhm = 22 nm, epsilon = e399 ; tail onset = 390 nm, fraction = 0.7 }

experiment fig4(v) for v in 15, 30, 45, 60 uL {
    mix 1 mL CdTe_IP + 1 mL CdSe_IP
    hold 1 min
    take v
    add 2.0 mL toluene + 1.0 mL OTA
    measure od371 = absorbance(371 nm), od399 = absorbance(399 nm) every 5 min for 240 min
}
experiment fig3_a { mix 1 mL CdTe_IP + 1 mL CdSe_IP ; measure od399 = absorbance(399 nm) every 5 min for 240 min }
experiment fig3_b { mix 2 mL CdTe_IP + 1 mL CdSe_IP ; measure od399 = absorbance(399 nm) every 5 min for 240 min }
"""
FACTS = """
expect fig4 {
    max(od371) = 0.23, 0.40, 0.57, 0.73 ± 0.01   from "Fig. 4"
    time_of_max(od371) = 15, 10, 5, 5 min ± 2.5 min
    settles(od371, 0.005) = 160, 135, 115, 120 min ± 10 min
    max(od399) increases with v ; linear(max(od399), v, r2 > 0.99)
    isosbestic(380 nm ± 1 nm) over 5 min .. 60 min
    never [CdSe_MSC415] > 1 uM
}
expect { time_to(fig3_a.od399, 50%) < time_to(fig3_b.od399, 50%) ; final(fig3_a.od399) = final(fig3_b.od399) ± 10% }
"""


def test_an_experiment_runs_once_for_each_value_of_its_variable(tmp_path: Path) -> None:
    (tmp_path / "b.mech").write_text(BENCH, encoding="utf-8")
    out = tmp_path / "fig4.csv"
    assert main(["run", str(tmp_path / "b.mech"), "--experiment", "fig4", "--out", str(out)]) == 0
    header, *rows = out.read_text(encoding="utf-8").splitlines()
    assert header == "experiment,v,time,od371,od399"
    assert len(rows) == 4 * 49
    assert len({row.split(",")[1] for row in rows}) == 4


def test_every_fact_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b.mech").write_text(BENCH + FACTS, encoding="utf-8")
    assert main(["test", str(tmp_path / "b.mech"), "--json"]) in (0, 1)
    told = json.loads(capsys.readouterr().out)
    assert len({fact["fact"] for fact in told}) == 9
    growth = next(fact for fact in told if "increases with v" in fact["fact"])
    assert growth["passed"] is True


# --- 9: errors -------------------------------------------------------------------------------------------------------


def test_a_message_has_its_place_the_line_what_is_wrong_and_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.mech").write_text("CdTe_PC -> B @ 1\nobservable x = 2*[CdTe_PX]\n", encoding="utf-8")
    assert main(["check", "m.mech"]) == 1
    said = capsys.readouterr()
    text = said.out + said.err
    for part in ("--> m.mech:2:18", "2 | observable x = 2*[CdTe_PX]", "^^^^^^^^^", "did you mean `CdTe_PC`?"):
        assert part in text


def test_as_many_independent_errors_as_there_are_come_in_one_run() -> None:
    text = "A -> B @ 1 mM\nspecies A of C, B of H\nobservable x = [C]\nparameter p = = 2\noption points = many\n"
    assert {f.code for f in check_text(text).diagnostics} >= {"E002", "E010", "E020", "E027", "E050"}


@pytest.mark.parametrize(
    "path", ["../other.mech", "/etc/passwd.mech", "~/x.mech", "file:///etc/x.mech", "http://example.org/x.mech"]
)
def test_nothing_reaches_a_file_outside_the_import_path(tmp_path: Path, path: str) -> None:
    (tmp_path / "other.mech").write_text("A -> B @ 1", encoding="utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "m.mech").write_text(f'import "{path}"\nC -> D @ 1', encoding="utf-8")
    found = mscnet.check(tmp_path / "in" / "m.mech")
    assert found.mechanism is None


@pytest.mark.parametrize("text", ["__import__('os').system('x')", "A.__class__", "exec(1)", "open(1)", "lambda: 1"])
def test_nothing_in_a_file_runs_a_program(text: str) -> None:
    assert check_text(f"observable x = {text}\nA -> B @ 1").mechanism is None
