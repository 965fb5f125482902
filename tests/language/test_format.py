"""The canonical layout, case by case."""

from __future__ import annotations

import pytest

from mscnet import MechanismError, assets, format_text

#: What a case is about, a text, and how it is laid out.
CASES = {
    "blanks": ("A+B->2C@k1*x/(y+ -1) ;D<->E\n", "A + B -> 2 C @ k1*x/(y + -1) ; D <-> E\n"),
    "units": (
        "parameter k=0.05/mM/min , c = 50 % , T=25°C\nx = 1/K + 8.3J/(mol  K)",
        "parameter k = 0.05 /mM/min, c = 50%, T = 25 °C\nx = 1 /K + 8.3 J/(mol K)\n",
    ),
    "a name that is spelled like a unit": ("species s = 1\nx = 1 /s", "species s = 1\nx = 1/s\n"),
    "signs": ("k=-a^-2*-3 - -b\nx=(+a)", "k = -a^-2*-3 - -b\nx = (+a)\n"),
    "ions": ("H^++OH^-<->H2O@kw,kd\nv = [H^+]*2-1", "H^+ + OH^- <-> H2O  @ kw, kd\nv = [H^+]*2 - 1\n"),
    "columns of reactions": (
        "a: A + B -> C @ k1 'x'\nlong: C<->D @ k2,k3\n\nE -> F".replace("'", '"'),
        'a:    A + B -> C  @ k1  "x"\nlong: C    <-> D  @ k2, k3\n\nE -> F\n',
    ),
    "catalysts": ("A-[E^0.5, M]->B@k\nA <-[E]-> B@k,k", "A -[E^0.5, M]-> B  @ k\nA       <-[E]-> B  @ k, k\n"),
    "columns of parameters": (
        'parameter a = 1 /s in 0 .. 3 log "x"\nparameter bcd = 12 "y"\nparameter e = 3±1/s',
        'parameter a   = 1 /s  in 0 .. 3 log  "x"\n'
        'parameter bcd = 12                   "y"\nparameter e   = 3 ± 1 /s\n',
    ),
    "columns of species": (
        'species A "a" of C2H6 = 1\nspecies Bee = 2 constant\nspecies C constant = 1',
        'species A "a" of C2H6  = 1\nspecies Bee            = 2 constant\nspecies C constant = 1\n',
    ),
    "several in one statement have no columns": (
        "species A  =  1,B=2\nspecies Long = 1",
        "species A = 1, B = 2\nspecies Long = 1\n",
    ),
    "columns of comments": (
        "A -> B #one\nC + D -> E  # two\n\nF -> G # three",
        "A     -> B  #one\nC + D -> E  # two\n\nF -> G  # three\n",
    ),
    "a comment under a comment goes with it": (
        "A -> B        # one\n              # more\n# its own\n",
        "A -> B  # one\n        # more\n# its own\n",
    ),
    "blocks": (
        "pathway a 'x'\n{ A->B\n  # note\n\n\n  C->D }\npathway b{E->F}".replace("'", '"'),
        'pathway a "x" {\n    A -> B\n    # note\n\n    C -> D\n}\npathway b { E -> F }\n',
    ),
    "empty blocks": ("pathway a {\n}\npathway b { # c\n}", "pathway a { }\npathway b {  # c\n}\n"),
    "a brace after a comment": ("pathway a # x\n{ A -> B }", "pathway a  # x\n{ A -> B }\n"),
    "empty lines": ("\n\nA -> B\n\n\n\nC -> D\n\n", "A -> B\n\nC -> D\n"),
    "semicolons": (";;A->B;;\n;C->D;# x\nE -> F ; G -> H;", "A -> B\nC -> D  # x\nE -> F ; G -> H\n"),
    "a statement that goes on": (
        "A +\nB\n-> C\n@ k\nspecies X=1,\nY = 2\nk = max(\n1,\n2 # two\n)",
        "A +\n    B\n    -> C\n    @ k\nspecies X = 1,\n        Y = 2\nk = max(\n    1,\n    2  # two\n)\n",
    ),
    "a minus before a bracket begins no arrow": (
        "expect { a = 1\n - [A] < 3 }",
        "expect {\n    a = 1\n    - [A] < 3\n}\n",
    ),
    "columns of facts": (
        'expect e {\n max(od) = 1 ± 0.1 from "a"\n od > 0 at 3 min from "b" weight 2\n}',
        'expect e {\n    max(od) = 1 ± 0.1  from "a"\n    od > 0 at 3 min    from "b" weight 2\n}\n',
    ),
    "steps": (
        "experiment e (v) for v in 1,2 uL{\nmix 1mL S+(v/2) T\n"
        "measure a=[A] ,b = absorbance( 371nm) every 5min for 1h\n}",
        "experiment e(v) for v in 1, 2 uL {\n    mix 1 mL S + (v/2) T\n"
        "    measure a = [A], b = absorbance(371 nm) every 5 min for 1 h\n}\n",
    ),
    "a long value keeps no one apart": (
        f"A -> B @ k1\n{'Long' * 12} -> B @ k2",
        f"A -> B  @ k1\n{'Long' * 12} -> B  @ k2\n",
    ),
    "line ends of Windows": ("A -> B # c\r\nC -> D\r\n", "A -> B  # c\r\nC -> D\r\n"),
    "a mark of the byte order": ("\ufeffA -> B", "A -> B\n"),
    "comments alone": ("# a\n\n\n   # b", "# a\n\n# b\n"),
    "families": (
        "F[ n ]+F[m]->F[n + m]@ka*n^(2/3) for n in 1..N-1,m in n .. N if n+m<=N and n!=3\n"
        "for E in Te,Se{Cd{E}_PC->Cd{E}_MSC@k{E}[n,1]}\nobservable t=sum(n*[F[n]]for n in 1..N by 2)",
        "F[n] + F[m] -> F[n+m]  @ ka*n^(2/3)  for n in 1 .. N - 1, m in n .. N if n + m <= N and n != 3\n"
        "for E in Te, Se { Cd{E}_PC -> Cd{E}_MSC @ k{E}[n,1] }\n"
        "observable t = sum(n*[F[n]] for n in 1 .. N by 2)\n",
    ),
    "columns of families": (
        "parameter k[n] = 2*n/min for n in 1 .. 5\nparameter fast = 20/min for m in 1, 2\n"
        "x[n]=n for n in 1, 2\nlong[n] = 2*n for n in 1 .. 2",
        "parameter k[n] = 2*n/min  for n in 1 .. 5\nparameter fast = 20 /min  for m in 1, 2\n"
        "x[n]    = n    for n in 1, 2\nlong[n] = 2*n  for n in 1 .. 2\n",
    ),
    "events": (
        "dose:every 8h from 0 h times 5{[A]+=2mM;F[1]*=2}\nwhen[A]<1mM and not(time>3min)for 2 min once{ f=0 }\n"
        "at t=1h,2 h\n{ A  -= 1\n}",
        "dose: every 8 h from 0 h times 5 { [A] += 2 mM ; F[1] *= 2 }\n"
        "when [A] < 1 mM and not (time > 3 min) for 2 min once { f = 0 }\nat t = 1 h, 2 h {\n    A -= 1\n}\n",
    ),
    "thermodynamics": (
        "species A gibbs=-3kJ/mol bonds 2 Cd-Te+Te-Te\nA<->B@k,K=12/mM\nbond Cd-Te=100±15kJ/mol\nbond Cd≡S = 3 kJ/mol",
        "species A  gibbs = -3 kJ/mol  bonds 2 Cd-Te + Te-Te\nA <-> B  @ k, K = 12 /mM\n"
        "bond Cd-Te = 100 ± 15 kJ/mol\nbond Cd≡S  = 3 kJ/mol\n",
    ),
    "heads of two words": (
        "energy \t pattern A(b!1).B(a!1)=Eb\npopulation\tmap P:A(b) @ k\nbond Cd \t- Te=1kJ/mol",
        "energy pattern A(b!1).B(a!1) = Eb\npopulation map P: A(b) @ k\nbond Cd - Te = 1 kJ/mol\n",
    ),
    "tables": ('a=table"f.csv"+table("g.csv","x")', 'a = table "f.csv" + table("g.csv", "x")\n'),
    "nothing": ("\n \n", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_layout(case: str) -> None:
    text, laid_out = CASES[case]
    assert format_text(text) == laid_out


@pytest.mark.parametrize("case", CASES)
def test_laid_out_it_stays(case: str) -> None:
    laid_out = CASES[case][1]
    assert format_text(laid_out) == laid_out


@pytest.mark.parametrize("name", assets.mechanism_names())
def test_the_mechanisms_that_ship_are_laid_out(name: str) -> None:
    text = assets.mechanism_text(name)[1]
    assert format_text(text) == text


@pytest.mark.parametrize(
    ("sign", "ascii"),
    [
        ("A → B @ k", "A -> B  @ k"),
        ("A ← B @ k", "A <- B  @ k"),
        ("A ⇌ B", "A <-> B"),
        ("A ⇄ B", "A <-> B"),
        ("A ↔ B", "A <-> B"),
        ("∅ → A @ k", "0 -> A  @ k"),
        ("A → ∅", "A -> 0"),
        ("parameter e = 3 ± 1", "parameter e = 3 +- 1"),
        ("k = 2·3", "k = 2*3"),
        ("T = 25 °C", "T = 25 degC"),
        ("k = 3 µM", "k = 3 uM"),
        ("k = 3 μmol", "k = 3 umol"),
        ("k = 3 Å", "k = 3 angstrom"),
        ("k = 3 \N{ANGSTROM SIGN}", "k = 3 angstrom"),
    ],
)  # fmt: skip
def test_every_sign_has_an_ascii_spelling(sign: str, ascii: str) -> None:
    assert format_text(sign, ascii=True) == ascii + "\n"


def test_names_texts_and_comments_keep_their_letters() -> None:
    text = 'parameter µ = 3 /M  "5 ± µ"  # → é\nκ -> B  @ µ\n'
    assert format_text(text, ascii=True) == text


def test_a_text_with_syntax_errors_has_no_layout() -> None:
    with pytest.raises(MechanismError) as caught:
        format_text("A -> B\nC ->\n", name="x.mech")
    assert caught.value.diagnostics[0].span.line == 2


def test_a_text_that_is_wrong_otherwise_has_one() -> None:
    assert format_text("A->B @ 3 kg\nobservable x=[Q]") == "A -> B  @ 3 kg\nobservable x = [Q]\n"
