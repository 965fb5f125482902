"""Actions of BNGL: what they do to a plain run, and as plain data."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import mscnet
from mscnet.cli.main import main
from mscnet.mechanism.expression import to_text
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import Limits
from mscnet.mechanism.structure_text import pattern_text
from tests.interop.bngl_texts import check, load, model


def acted(*actions: str) -> Mechanism:
    return load(model("A(c~u) -> A(c~p) k", actions="\n".join(actions)))


def seeds(mechanism: Mechanism) -> dict[str, float]:
    assert mechanism.structure is not None
    return {pattern_text(seed.pattern): mechanism.evaluate(seed.initial) for seed in mechanism.structure.seeds}


def options(mechanism: Mechanism) -> dict[str, object]:
    """Those that follow from actions: every model has free dimensions."""
    return {option.name: option.value for option in mechanism.options if option.name != "dimensions"}


RUN = 'simulate({method=>"ode",t_end=>10,n_steps=>20})'


def test_limits_of_generation() -> None:
    found = acted("generate_network({max_iter=>3,max_agg=>7,max_stoich=>{A=>2,'B'=>1},overwrite=>1})").structure
    assert found is not None
    assert found.limits == Limits(3, 7, (("A", 2), ("B", 1)))
    plain = acted("generate_network({overwrite=>1});").structure
    assert plain is not None
    assert plain.limits == Limits(iterations=100)  # BioNetGen's own
    none = acted().structure
    assert none is not None
    assert none.limits == Limits()


def test_the_first_run_says_how_a_plain_one_goes() -> None:
    assert options(acted(RUN, 'simulate({method=>"ssa",t_end=>99,n_steps=>2})')) == {
        "t_end": 10.0,
        "points": 21.0,
        "rtol": 1e-8,
    }
    ssa = options(acted("simulate_ssa({t_start=>5,t_end=>10*60,n_steps=>1})"))
    assert ssa == {"t_start": 5.0, "t_end": 600.0, "points": 2.0, "method": "ssa"}
    assert options(acted('simulate({method=>"nf",t_end=>"K*2",n_output_steps=>4})')) == {
        "t_end": 10.0,
        "points": 5.0,
        "method": "nf",
    }
    assert options(acted("simulate_ode({sample_times=>[0,1,10,100]})"))["t_end"] == 100.0


def test_what_stands_before_the_first_run_is_done() -> None:
    mechanism = acted(
        "generate_network({overwrite=>1})",
        'setParameter("k",7)',
        'setConcentration("A(c~u,b)","3*k")',
        'addConcentration("B(a)",1)',
        'setConcentration("A(b!1,c~p).B(a!1)",4)',
        RUN,
        'setParameter("k",8)',
        'setConcentration("B(a)",0)',
    )
    assert mechanism.value_of("k") == 7.0
    assert seeds(mechanism) == {"A(b,c~u)": 21.0, "B(a)": 21.0, "A(b!1,c~p).B(a!1)": 4.0}


def test_states_are_kept_and_come_back() -> None:
    mechanism = acted(
        'saveConcentrations("first")',
        'setConcentration("B(a)",1)',
        "saveConcentrations()",
        'setConcentration("B(a)",2)',
        "resetConcentrations()",
        'saveParameters("p")',
        'setParameter("k",9)',
        'resetParameters("p")',
        RUN,
    )
    assert seeds(mechanism)["B(a)"] == 1.0
    assert mechanism.value_of("k") == 2.0
    assert seeds(acted('setConcentration("B(a)",1)', "resetConcentrations()", RUN))["B(a)"] == 20.0


def test_what_is_calculated_follows_a_parameter() -> None:
    text = model(
        "A(c~u) -> A(c~p) k2", parameters="k2 2*k\nk3 k2+1", actions='setParameter("k",10)\nsimulate_ode({t_end=>"k3"})'
    )
    mechanism = load(text)
    assert mechanism.value_of("k3") == 21.0
    assert options(mechanism)["t_end"] == 21.0
    fixed = load(model("A(c~u) -> A(c~p) k2", parameters="k2 2*k", actions='setParameter("k2",1)'))
    assert fixed.value_of("k2") == 1.0
    assert to_text(fixed.expression_of("k2")) == "1"


def test_actions_in_a_block() -> None:
    text = model("A(c~u) -> A(c~p) k") + f'begin actions\n  1 setParameter("k",5)\n  {RUN};\nend actions\n'
    assert load(text.replace("  1 set", "  set")).value_of("k") == 5.0


def test_what_a_plain_run_leaves_out_is_noted_once() -> None:
    text = model(
        "A(c~u) -> A(c~p) k", actions=f'writeLaTeXfile()\n{RUN}\nsetParameter("k",3)\nresetConcentrations()\n{RUN}'
    )
    notes = [finding for finding in check(text).diagnostics if finding.severity == "note"]
    assert [note.code for note in notes] == ["N300", "N300"]
    assert "writeLaTeXfile" in notes[0].message
    assert "2 more" in notes[1].message


def test_the_number_of_molecules_in_a_unit() -> None:
    assert options(acted('setOption("NumberPerQuantityUnit",6.022e23,"SpeciesLabel","HNauty")')) == {
        "number_per_quantity_unit": 6.022e23
    }


@pytest.mark.parametrize(
    ("action", "code", "shown"),
    [
        ('setParameter("kk",1)', "E010", "kk"),
        ('setParameter("k")', "E017", '"k"'),
        ('setParameter("k","Atot")', "E016", "Atot"),
        ('setParameter("k","1/0")', "E018", "1/0"),
        ('setConcentration("A(b)",1)', "E307", "A(b)"),
        ('setConcentration("A(b,c~x)",1)', "E304", "c~x"),
        ('setConcentration("A(b!+,c~u)",1)', "E307", "b!+"),
        ('setConcentration("A(",1)', "E002", "("),
        ('setConcentration("B(a)",-1)', "E024", "-1"),
        ('setConcentration("B(a)","Atot/2")', "E016", "Atot/2"),
        ('resetConcentrations("x")', "E010", "resetConcentrations"),
        ('resetParameters("x")', "E010", "resetParameters"),
        ("simulate({t_end=>1})", "E017", "simulate"),
        ('simulate({method=>"odd",t_end=>1})', "E044", "odd"),
        ('simulate({method=>"ode",t_end=>1,n_steps=>0.5})', "E027", "0.5"),
        ('simulate({method=>"ode",t_end=>"1/0"})', "E018", "1/0"),
        ("simulate(5)", "E017", "5"),
        ("generate_network({max_iter=>-1})", "E027", "-1"),
        ("generate_network({max_stoich=>3})", "E017", "3"),
        ("generate_netwerk({})", "E010", "generate_netwerk"),
        ("readFile({file=>'x.net'})", "E090", "readFile"),
        ("generate_hybrid_model({})", "E090", "generate_hybrid_model"),
        ('setOption("NumberPerQuantityUnit","many")', "E027", '"many"'),
        ('setOption("MoleculesObservables","CountUnique")', "E090", "CountUnique"),
        ("simulate_ode({t_end=>10", "E002", "0"),
    ],
)
def test_faults_and_their_places(action: str, code: str, shown: str) -> None:
    text = model("A(c~u) -> A(c~p) k", actions=action)
    errors = [finding for finding in check(text).diagnostics if finding.severity == "error"]
    assert [error.code for error in errors] == [code]
    span = errors[0].span
    assert span is not None
    assert span.line == text.count("\n") + 1
    assert shown in text[span.start : span.end]


def test_tolerances() -> None:
    assert options(acted("simulate_ode({t_end=>1,rtol=>1e-10})"))["rtol"] == 1e-10
    assert options(acted("simulate_ode({t_end=>1,rtol=>1e-20})"))["rtol"] == 1e-12
    assert "rtol" not in options(acted("simulate_ssa({t_end=>1})"))


def test_an_action_that_is_refused_may_stand_behind_the_first_run() -> None:
    text = model("A(c~u) -> A(c~p) k", actions=f"{RUN}\nbifurcate({{parameter=>'k'}})")
    result = check(text)
    assert result.mechanism is not None
    assert [finding.code for finding in result.diagnostics] == ["N300"]


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        ("simulate_ode({t_end=>1,t_ends=>2})", "did you mean"),
        ('simulate_ode({t_end=>1,stop_if=>"Atot<3"})', "--stop-when"),
        ("generate_network({max_itr=>2})", "did you mean"),
    ],
)
def test_settings_that_are_not_obeyed_are_told(action: str, shown: str) -> None:
    (finding,) = check(model("A(c~u) -> A(c~p) k", actions=action)).diagnostics
    assert finding.code == "W306"
    assert shown in f"{finding.message} {finding.hint}"


def test_a_refused_action_is_the_only_fault() -> None:
    result = check(
        'readFile({file=>"other.net"})\nsetConcentration("A()","A0")\nsimulate({method=>"ode",t_end=>"tmax"})\n'
    )
    assert [finding.code for finding in result.diagnostics] == ["E090"]


def test_a_run_that_is_to_end_at_a_steady_state_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "steady.bngl"
    path.write_text(
        "begin model\nbegin molecule types\nA()\nend molecule types\nbegin seed species\nA() 1\nend seed species\n"
        "begin reaction rules\nA() -> 0 1\nend reaction rules\nend model\n"
        "simulate_ode({t_end=>1,steady_state=>1})\n"
    )
    found = [one for one in mscnet.check(path).diagnostics if "steady_state" in one.message]
    assert [one.code for one in found] == ["N300"]


def test_a_protocol_is_done_where_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The numbers are 5·exp(-1) and 20·exp(-1), as of BNG2.pl."""
    run = RUN.replace("10,", "1,")
    protocol = f'begin protocol\n{run}\nsetConcentration("B(a)",20)\n{run}\nend protocol\n'
    extra = "begin observables\nMolecules Btot B()\nend observables\n"
    rules = extra + model("B(a) -> 0 k", actions='setConcentration("B(a)",5)\nsimulate_protocol({prefix=>"p"})')
    text = protocol + rules
    (tmp_path / "model.bngl").write_text(text)
    assert main(["run", str(tmp_path / "model.bngl"), "--actions", "--set", "k=1", "--columns", "Btot"]) == 0
    ends = [float(line.split(",")[1]) for line in capsys.readouterr().out.splitlines() if line.startswith("1.0,")]
    assert ends == pytest.approx([5 * math.exp(-1), 20 * math.exp(-1)], rel=1e-5)


def test_a_protocol_does_not_do_itself() -> None:
    text = "begin protocol\nsimulate_protocol({})\nend protocol\n" + model(
        "B(a) -> 0 k", actions="simulate_protocol({})"
    )
    assert [(d.code, d.severity) for d in check(text).diagnostics] == [("E017", "error")]
