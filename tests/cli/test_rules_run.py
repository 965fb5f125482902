"""Files with rules on the command line: every command that needs a plain model makes the network of the rules."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

import mscnet as library
from mscnet import kernels
from mscnet.cli import expanding

CHAIN = """units time = s, concentration = mM
molecule M(l, r)
species M(l, r) = 1 mM
grow: M(r) + M(l) <-> M(r!1).M(l!1) @ kon, koff
parameter kon = 1 /mM/s, koff = 0.5 /s
observable Bonds = molecules M(r!+)
option max_agg = 3
"""
BNGL = """begin model
begin parameters
  kon 0.3
  koff 0.2
end parameters
begin molecule types
  A(b)
end molecule types
begin seed species
  A(b) 100
end seed species
begin observables
  Molecules Bound A(b!+)
end observables
begin reaction rules
  A(b) + A(b) <-> A(b!1).A(b!1) kon, koff
end reaction rules
end model
generate_network({overwrite=>1})
"""


@pytest.fixture(autouse=True)
def chain(folder):
    (folder / "c.mech").write_text(CHAIN)
    (folder / "d.bngl").write_text(BNGL)


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


# --- expand ---


def test_rules_are_written_out_as_a_plain_mechanism(mscnet, folder):
    outcome = mscnet("expand c.mech --out plain.mech")
    assert outcome.code == 0
    assert "wrote plain.mech (3 species, 4 reactions)" in outcome.err
    plain = library.load(folder / "plain.mech")
    assert plain.structure is None
    assert [r.name for r in plain.reactions] == ["grow_1", "grow_1.reverse", "grow_2", "grow_2.reverse"]
    assert mscnet("diff c.mech plain.mech").code == 0


def test_a_network_has_the_molecules_of_its_species(mscnet):
    outcome = mscnet("expand c.mech --to net")
    assert "    1 M(l,r) 1\n    2 M(l,r!1).M(l!1,r) 0\n" in outcome.out
    assert "    1 1,1 2 kon #grow_1\n    2 1,2 3 2*kon #grow_2\n" in outcome.out
    assert "    1 Bonds 2,2*3\n" in outcome.out


def test_a_table_has_one_row_a_reaction(mscnet):
    found = rows(mscnet("expand c.mech --to csv").out)
    assert [(r["reaction"], r["reactants"], r["expression"], r["value"]) for r in found[:2]] == [
        ("grow_1", "2 M_l_r", "kon", "1.0"),
        ("grow_2", "M_l_r + M_l_r_1_M_l_1_r", "2*kon", "2.0"),
    ]


@pytest.mark.parametrize(
    ("limit", "species"),
    [("--max-agg 5", 5), ("--max-iter 1", 2), ("--max-agg 9 --max-species 6", 6), ("--max-stoich M:2", 2)],
)
def test_limits_are_options(mscnet, limit, species):
    outcome = mscnet(f"expand c.mech --json {limit}")
    assert outcome.code == 0
    assert json.loads(outcome.out)["species"] == species


@pytest.mark.parametrize("option", ["--max-agg 0", "--max-iter -3", "--max-stoich M", "--max-stoich M:x"])
def test_limits_that_are_none_are_refused(mscnet, option):
    assert mscnet(f"expand c.mech {option}").code == 2


def test_bounds_may_be_larger_than_any_network(mscnet, folder):
    huge = "9" * 30
    options = ", ".join(f"{name} = {huge}" for name in ("max_iter", "max_species", "max_reactions"))
    (folder / "h.mech").write_text(f'{CHAIN}option {options}, max_stoich = "M:{huge}"\n')
    assert mscnet("expand h.mech --to csv").out == mscnet("expand c.mech --to csv").out


def test_the_end_of_generation_is_in_the_object(mscnet):
    found = json.loads(mscnet("expand c.mech --json").out)
    assert (found["ending"], found["iterations"]) == ("molecules", 3)


def interrupt(monkeypatch, at):
    def update(self, iteration, species, reactions):
        if species >= at:
            raise KeyboardInterrupt

    monkeypatch.setattr(expanding.Progress, "update", update)


def test_an_interrupt_keeps_the_network_so_far(mscnet, folder, monkeypatch):
    interrupt(monkeypatch, 3)
    outcome = mscnet("expand c.mech --max-agg 50 --to net --out part.net")
    assert outcome.code == 130
    assert "interrupted: this is the network so far" in outcome.err
    assert 3 <= len(library.load(folder / "part.net").species) < 50


def test_an_interrupt_ends_other_commands(mscnet, folder, monkeypatch):
    (folder / "c.mech").write_text(CHAIN.replace("max_agg = 3", "max_agg = 50"))
    interrupt(monkeypatch, 3)
    outcome = mscnet("run c.mech --t-end 1s")
    assert (outcome.code, outcome.out) == (130, "")
    assert "had been generated" in outcome.err


# --- what needs a plain model ---


def test_a_run_has_the_network_and_its_observables(mscnet):
    outcome = mscnet("run c.mech --t-end 100s --points 2 --columns Bonds")
    (_, last) = rows(outcome.out)
    # chains of n units are c (2 c)^(n - 1) at equilibrium, and 1 mM are all units together: c + 4 c^2 + 12 c^3 = 1
    c = max(root.real for root in np.roots([12, 4, 1, -1]) if abs(root.imag) < 1e-12)
    assert float(last["Bonds"]) == pytest.approx(2 * c**2 + 8 * c**3, rel=1e-5)


def test_values_and_initial_values_are_set_by_the_names_of_the_network(mscnet):
    outcome = mscnet("run c.mech --t-end 1s --points 2 --set kon=0 --init M_l_r_1_M_l_1_r=2mM --columns all")
    (first, last) = rows(outcome.out)
    assert float(first["Bonds"]) == 2.0
    assert float(last["Bonds"]) < 2.0


def test_a_stochastic_run(mscnet):
    outcome = mscnet("run c.mech --t-end 1s --points 2 --method ssa --seed 1 --volume 1fL --columns Bonds")
    assert outcome.code == 0
    assert float(rows(outcome.out)[-1]["Bonds"]) > 0


@pytest.mark.parametrize("what", ["equations", "species", "reactions", "matrix", "conservation", "graph"])
def test_views_of_the_network(mscnet, what):
    outcome = mscnet(f"show c.mech {what}")
    assert outcome.code == 0
    assert "M_l_r" in outcome.out


def test_the_summary_counts_rules_and_makes_no_network(mscnet, monkeypatch):
    interrupt(monkeypatch, 0)
    outcome = mscnet("show c.mech")
    assert outcome.code == 0
    assert "rules        1, 1 reversible" in outcome.out
    assert "molecules    1: M" in outcome.out


def test_check_makes_no_network(mscnet, monkeypatch):
    interrupt(monkeypatch, 0)
    outcome = mscnet("check c.mech")
    assert (outcome.code, outcome.out) == (0, "c.mech: 1 seed species, 2 rules, no findings\n")


def test_a_scan(mscnet):
    outcome = mscnet("scan c.mech --over kon=0.1,1 --t-end 10s --points 2 --columns Bonds")
    assert outcome.code == 0
    assert "Bonds" in outcome.out


BENCH = (
    CHAIN.replace("species M(l, r) = 1 mM\n", "")
    + """
solution S { M(l, r) = 2 mM ; M(l, r!1).M(l!1, r) = 0.1 mM }
solvent water
experiment e { mix 1 mL S + 1 mL water ; measure Bonds every 0.2 s for 2 s }
expect e { final(Bonds) = 0.45 ± 0.01 mM }
"""
)


def test_solutions_hold_structured_species(mscnet, folder):
    (folder / "b.mech").write_text(BENCH)
    found = rows(mscnet("run b.mech").out)
    assert float(found[0]["Bonds"]) == pytest.approx(0.05)
    assert mscnet("test b.mech").code == 0
    assert mscnet("import b.mech --out c2.mech").code == 0
    assert rows(mscnet("run c2.mech").out) == found


@pytest.mark.parametrize("method", ["ssa", "nf"])
def test_experiments_are_no_stochastic_runs(mscnet, folder, method):
    text = CHAIN + "solution S { M(l, r) = 1 mM }\nexperiment e { mix 1 mL S ; measure Bonds at 1 s }\n"
    (folder / "e.mech").write_text(text + "option t_end = 5 s, volume = 1 fL\n")
    outcome = mscnet(f"run e.mech --experiment e --method {method}")
    assert (outcome.code, outcome.out) == (1, "")
    assert "E045" in outcome.err


def test_a_fit_finds_the_constant_of_a_rule(mscnet, folder):
    (folder / "b.mech").write_text(BENCH)
    assert mscnet("run b.mech --out e.csv").code == 0
    found = rows((folder / "e.csv").read_text())
    table = "\n".join(f"{row['time']},{row['Bonds']}" for row in found)
    (folder / "bonds.csv").write_text(f"time (s),Bonds (mM)\n{table}\n")
    text = BENCH.replace("kon = 1 /mM/s", "kon = 0.4 /mM/s in 0.01 .. 100 /mM/s") + 'data e "bonds.csv"\n'
    (folder / "f.mech").write_text(text)
    outcome = mscnet("fit f.mech --starts 2 --seed 1 --jobs 1 --json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["parameters"][0]["value"] == pytest.approx(1.0, rel=1e-3)


def test_two_files_with_rules_are_compared_as_networks(mscnet, folder):
    (folder / "e.mech").write_text(CHAIN.replace("koff = 0.5", "koff = 0.6"))
    outcome = mscnet("diff c.mech e.mech")
    assert outcome.code == 1
    assert "koff" in outcome.out


# --- import and export ---


def test_import_keeps_the_rules(mscnet, folder):
    assert mscnet("import d.bngl --out d.mech").code == 0
    model = library.load(folder / "d.mech")
    assert len(model.structure.rules) == 2
    assert mscnet("expand d.bngl --to net --out a.net").code == 0
    assert mscnet("expand d.mech --to net --out b.net").code == 0
    one, other = ((folder / name).read_text().split("\n", 1)[1] for name in ("a.net", "b.net"))
    assert one == other


def test_import_reads_networks_too(mscnet, folder):
    assert mscnet("expand c.mech --out c.net").code == 0
    assert mscnet("import c.net").out.startswith("unit population")


@pytest.mark.parametrize("arguments", ["d.bngl --out d.txt", "d.bngl --out nowhere/d.mech"])
def test_import_refuses_places_that_it_cannot_write_to(mscnet, arguments):
    assert mscnet(f"import {arguments}").code in (1, 2)


def test_export_writes_networks_and_keeps_rules_in_mech(mscnet):
    assert "begin reactions" in mscnet("export d.bngl --to net").out
    assert "A(b) + A(b) <-> A(b!1).A(b!1)" in mscnet("export d.bngl --to mech").out
    assert mscnet("export c.mech --to csv").out.startswith("reaction,reactants,")


def test_export_of_equations(mscnet, folder):
    assert mscnet("export c.mech --out c.tex").code == 0
    assert r"\frac" in (folder / "c.tex").read_text()


def test_export_of_what_is_to_come_is_refused_by_name(mscnet):
    outcome = mscnet("export c.mech --to bngl")
    assert outcome.code == 64
    assert "bngl" in outcome.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("run c.mech --columns M(l,r)", "did you mean `M_l_r`?"),
        ("scan c.mech --over M(l,r)=1mM,2mM", "did you mean `M_l_r`?"),
        pytest.param(
            "run c.mech --method nf --columns M_l_r",
            "there are Bonds",
            marks=pytest.mark.skipif(kernels.core() is None, reason="nf needs the compiled kernels"),
        ),
    ],
)
def test_a_structure_in_place_of_a_name_is_answered_with_what_there_is(mscnet, command, said):
    outcome = mscnet(command)
    assert outcome.code == 1
    assert said in outcome.err


def _bonds_at_first(outcome) -> tuple[float, float]:
    row = next(csv.DictReader(io.StringIO(outcome.out)))
    return float(row["Bonds"]), float(row["free"])


@pytest.mark.parametrize(
    "method",
    [
        "auto",
        "ssa",
        pytest.param("nf", marks=pytest.mark.skipif(kernels.core() is None, reason="nf needs the compiled kernels")),
    ],
)
def test_initial_values_of_structures_are_set_by_their_text_whatever_the_method(mscnet, method):
    Path("c.mech").write_text(CHAIN + "observable free = molecules M(l, r)\noption volume = 1 fL\n")
    seed = "" if method == "auto" else " --seed 1"
    outcome = mscnet(
        f"run c.mech --t-end 1s --points 2 --columns observables --method {method}{seed} "
        "--init M(r,l)=3mM,M(l,r!1).M(l!1,r)=2mM"
    )
    assert outcome.code == 0, outcome.err
    assert _bonds_at_first(outcome) == pytest.approx((2.0, 3.0), rel=1e-5)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("M(l)=1mM", "E307", "lacks `r`"),
        ("M(l,x)=1mM", "E304", "no site `x`"),
        ("M(l,r!1)=1mM", "E305", "one end"),
        ("N(l)=1mM", "E303", "unknown molecule `N`"),
        ("M(l,r)=1s", "E020", "not time"),
        ("M(l,r)=-1mM", "E041", "negative"),
    ],
)
def test_what_is_no_species_or_no_amount_is_told(mscnet, text, code, said):
    Path("c.mech").write_text(CHAIN)
    outcome = mscnet(f"run c.mech --t-end 1s --points 2 --init {text}")
    assert outcome.code == 1
    assert f"error[{code}]" in outcome.err
    assert said in outcome.err


def test_scans_take_structures_too(mscnet):
    Path("c.mech").write_text(CHAIN)
    outcome = mscnet("scan c.mech --over kon=0,1 --init M(l!1,r).M(l,r!1)=2mM,M(l,r)=0mM --set koff=0 "
                     "--t-end 1s --points 2 --columns Bonds")  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert float(next(csv.DictReader(io.StringIO(outcome.out)))["Bonds"]) == pytest.approx(2.0)


def test_combinatorial_mass_action_changes_nothing_of_rules(mscnet):
    # two equal reactants: the factor 1/2 of BNGL is the only one, d[A]/dt = -k*[A]^2
    text = "molecule A(a)\nspecies A(a) = 1\nA(a) + A(a) -> A(a!1).A(a!1) @ 1\nobservable free = molecules A(a)\n"
    for option in ("", "option mass_action = combinatorial\n"):
        Path("d.mech").write_text(option + text)
        outcome = mscnet("run d.mech --t-end 1 --points 2 --columns free --rtol 1e-9")
        assert float(outcome.out.splitlines()[-1].split(",")[1]) == pytest.approx(0.5, rel=1e-6)


def test_an_observable_that_counts_nothing_is_an_empty_group(mscnet):
    Path("c.mech").write_text(CHAIN + "observable Many = species M() > 9\n")
    assert mscnet("expand c.mech --to net --out c.net").code == 0
    assert "    2 Many \n" in Path("c.net").read_text()
    outcome = mscnet("run c.net --t-end 1 --points 2 --columns Many")
    assert outcome.out.splitlines()[-1] == "1.0,0.0"


def test_a_file_bounds_the_network_of_rules_that_it_imports(mscnet, folder):
    (folder / "b.mech").write_text(BENCH)
    own = "experiment mine { mix 1 mL p.S ; measure p.Bonds every 1 s for 2 s }\n"
    (folder / "mine.mech").write_text('import "b.mech" as p\noption max_agg = 2\n' + own)
    outcome = mscnet("expand mine.mech --json")
    assert json.loads(outcome.out)["species"] == 2
    assert mscnet("import mine.mech --out whole.mech").code == 0
    assert mscnet("run whole.mech --experiment mine").out == mscnet("run mine.mech --experiment mine").out
