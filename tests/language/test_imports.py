"""Imports: what a file gets from others, in which units, and which files it may reach at all."""

from __future__ import annotations

import dataclasses
import os
import pickle
import typing
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import mscnet
from mscnet import assets
from mscnet.mechanism import bench, facts, optics, rewrite, types
from mscnet.mechanism.expression import Symbol

Write = Callable[..., Path]

CDTE = """
units time = min, concentration = mM
species Cd = 1 mM, Te = 0.5 mM
step1: Cd + Te <-> CdTe @ k1, k2
CdTe -> 0 rate 0.05*[CdTe]
parameter k1 = 0.1 in 0.01 .. 1 log, k2 = 0.03 /min
k3 = k2/2
function hill(x, K, n) = x^n/(K^n + x^n)
observable total "all of it" = [Cd] + [CdTe]
pathway slow { CdTe -> X @ k3 }
pathway fast { CdTe -> X @ k ; parameter k = 3 /min }
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files, by name, and gives the path of the last."""

    def write(**files: str) -> Path:
        for name, text in files.items():
            path = tmp_path / (name.replace("__", "/") + ".mech")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return path

    return write


def codes(path: Path) -> list[str]:
    return [finding.code for finding in mscnet.check(path).diagnostics if finding.severity == "error"]


def final(mechanism: mscnet.Mechanism, **given: str) -> dict[str, float]:
    run = mscnet.simulate(mechanism, points=2, **given)
    return {name: float(run[name][-1]) for name in (s.name for s in mechanism.chosen.species)}


# --- names --------------------------------------------------------------------------------------------------


def test_an_import_without_a_prefix_is_as_if_its_text_stood_here(write: Write) -> None:
    rest = "\nCdTe -> Y @ 2*k3\nobservable twice = 2*total\n"
    imported = mscnet.load(write(cdte=CDTE, main='units time = min, concentration = mM\nimport "cdte.mech"' + rest))
    whole = mscnet.loads(CDTE + rest)
    assert final(imported, t_end="5 min") == pytest.approx(final(whole, t_end="5 min"), rel=1e-9)
    assert {p.name for p in imported.pathways} == {"slow", "fast"}


def test_a_prefix_goes_before_every_name(write: Write) -> None:
    main = write(cdte=CDTE, main='units time = min, concentration = mM\nimport "cdte.mech" as te\nte.X -> Y @ te.k3')
    mechanism = mscnet.load(main)
    names = [*mechanism.species, *mechanism.parameters, *mechanism.derived, *mechanism.functions, *mechanism.pathways]
    assert {item.name for item in names if not item.name.startswith("te.")} == {"Y"}
    assert [r.name for r in mechanism.reactions if r.pathway is None] == ["r1", "te.step1", "te.step1.reverse", "te.r2"]
    symbols = {s.name for r in mechanism.reactions for s in rewrite_symbols(r)}
    assert all(name.startswith("te.") for name in symbols)


def rewrite_symbols(reaction: types.Reaction) -> set[Symbol]:
    from mscnet.mechanism.expression import symbols

    return symbols(reaction.law.expression)


def test_names_of_imports_of_imports_have_both_prefixes(write: Write) -> None:
    middle = 'import "inner.mech" as y\ny.A -> B @ y.k'
    main = write(
        inner="A -> C @ k\nparameter k = 2", middle=middle, main='import "middle.mech" as x\nx.y.A -> D @ x.y.k'
    )
    assert final(mscnet.load(main), t_end="1 s").keys() == {"D", "x.B", "x.y.A", "x.y.C"}


def test_a_file_that_two_imports_need_is_there_once(write: Write) -> None:
    left, right = 'import "base.mech"\nA -> L @ k', 'import "base.mech"\nA -> R @ 2*k'
    text = 'import "left.mech"\nimport "right.mech"\nimport "base.mech"\nL -> R @ k'
    mechanism = mscnet.load(write(base="species A = 1\nA -> C @ k\nparameter k = 1", left=left, right=right, main=text))
    assert len(mechanism.reactions) == 4
    assert len({reaction.name for reaction in mechanism.reactions}) == 4
    expected = np.exp(-4 * 0.5)  # A goes in three ways: k + k + 2k
    assert final(mechanism, t_end="0.5 s")["A"] == pytest.approx(expected, rel=1e-6)


def test_the_same_file_under_two_prefixes_is_there_twice(write: Write) -> None:
    text = 'import "base.mech" as a\nimport "base.mech" as b with { k = 2 }\na.B <-> b.B @ 1, 1'
    mechanism = mscnet.load(write(base="species A = 1\nA -> B @ k\nparameter k = 1", main=text))
    assert final(mechanism, t_end="1 s")["b.A"] == pytest.approx(np.exp(-2), rel=1e-6)
    assert final(mechanism, t_end="1 s")["a.A"] == pytest.approx(np.exp(-1), rel=1e-6)


def test_constants_without_a_name_do_not_become_those_of_an_imported_file(write: Write) -> None:
    mechanism = mscnet.load(write(base="A -> B", main='import "base.mech"\nB -> C'))
    assert len({str(reaction.law.expression) for reaction in mechanism.reactions}) == 2


def test_a_species_that_is_only_used_there_may_be_declared_here(write: Write) -> None:
    mechanism = mscnet.load(write(base="A -> B @ k", main='import "base.mech"\nspecies A "start" = 2\nparameter k = 3'))
    assert final(mechanism, t_end="1 s")["A"] == pytest.approx(2 * np.exp(-3), rel=1e-6)


def test_the_temperature_is_one_for_all_and_that_of_the_main_file(write: Write) -> None:
    base = "temperature = 300 K\nspecies A = 1\nA -> B @ arrhenius(1e3 /s, 20 kJ/mol)"
    mechanism = mscnet.load(write(base=base, main='import "base.mech" as b\ntemperature = 350 K\nb.B -> C @ 1'))
    rate = 1e3 * np.exp(-20e3 / (8.31446261815324 * 350))
    assert final(mechanism, t_end="0.1 s")["b.A"] == pytest.approx(np.exp(-0.1 * rate), rel=1e-5)


def test_a_shipped_mechanism_is_imported_by_its_name() -> None:
    mechanism = mscnet.loads('import "michaelis_menten" as mm\nmm.P -> Q @ 0.1')
    assert "mm.S" in {species.name for species in mechanism.species}


def test_an_imported_mechanism_pickles(write: Write) -> None:
    mechanism = mscnet.load(write(cdte=CDTE, main='import "cdte.mech" as te\nte.X -> Y @ 0.1'))
    assert pickle.loads(pickle.dumps(mechanism)) == mechanism


def test_the_digest_follows_the_imported_text(write: Write) -> None:
    before = mscnet.load(write(base="A -> B @ 1", main='import "base.mech"')).digest
    assert mscnet.load(write(base="A -> B @ 2", main='import "base.mech"')).digest != before


# --- values given at import ------------------------------------------------------------------------------------


def test_values_given_at_import(write: Write) -> None:
    values = "with { k1 = 6 /M/s ; Cd = 2e-3 M ; k3 = 0.5 /min }"
    mechanism = mscnet.load(write(cdte=CDTE, main=f'import "cdte.mech" as te {values}\nte.X -> Y @ 0.1'))
    assert mechanism.value_of("te.k1") == pytest.approx(6)
    assert mechanism.value_of("te.k3") == pytest.approx(0.5 / 60)
    assert mechanism.evaluate(mechanism.get_species("te.Cd").initial) == pytest.approx(2e-3)  # type: ignore[arg-type]
    assert mechanism.get_parameter("te.k1").bounds == pytest.approx((0.01 * 1e3 / 60, 1e3 / 60))


def test_a_value_given_on_the_way_reaches_the_file_below(write: Write) -> None:
    files = {"inner": "A -> B @ k\nparameter k = 2", "middle": 'import "inner.mech" as y with { k = 3 }\ny.B -> C @ 1'}
    main = 'import "middle.mech" as x with { y.k = 4 }\nx.C -> D @ 1'
    assert mscnet.load(write(**files, main='import "middle.mech" as x')).value_of("x.y.k") == 3
    assert mscnet.load(write(**files, main=main)).value_of("x.y.k") == 4


def test_one_file_with_two_values_is_an_error(write: Write) -> None:
    main = 'import "middle.mech"\nimport "inner.mech" with { k = 4 }'
    assert codes(write(inner="A -> B @ k\nparameter k = 2", middle='import "inner.mech"\nB -> C @ 1', main=main)) == [
        "E226"
    ]


# --- units ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["cdtese", "michaelis_menten", "hires", "brusselator", "goldbeter_koshland", "chapman"]
)
def test_a_mechanism_runs_alike_in_other_units(name: str) -> None:
    own = mscnet.load(name)
    t_end = float(own.option("t_end") or 10.0)
    units = "units time = h, concentration = uM, volume = uL, mass = kg"
    other = mscnet.loads(f'{units}\nimport "{name}" as m\nm.{own.species[0].name} -> Extra @ 0')
    hours = t_end * float(own.units.time.factor) / 3600
    one = mscnet.simulate(own, t_end=t_end, points=5, rtol=1e-9)
    two = mscnet.simulate(other, t_end=hours, points=5, rtol=1e-9)
    molar = own.units.concentration.dimension == other.units.concentration.dimension
    factor = float(own.units.concentration.factor / other.units.concentration.factor) if molar else 1.0
    for species in own.chosen.species:
        if species.dimension != own.units.concentration.dimension:
            continue
        scale = max(float(np.max(np.abs(one[species.name]))), 1e-30)
        np.testing.assert_allclose(two[f"m.{species.name}"] / factor / scale, one[species.name] / scale, atol=2e-5)


def test_bare_numbers_get_the_dimension_that_they_have_there(write: Write) -> None:
    law = "units time = min, concentration = mM\nspecies S = 2 mM\nS -> P rate 0.6*[S]/([S] + 1) + 3*[S] + 6"
    mechanism = mscnet.load(write(law=law, main='import "law.mech"'))
    rate = mechanism.reactions[0].law.expression
    from mscnet.mechanism.expression import evaluate

    s = 0.002
    value = evaluate(rate, lambda symbol: s)
    assert value == pytest.approx((0.6 * 2 / 3 + 3 * 2 + 6) * 1e-3 / 60)


def test_units_are_converted_exactly(write: Write) -> None:
    mechanism = mscnet.load(
        write(a="units time = min, concentration = mM\nA -> B @ 0.6\n2 A -> C @ 0.3", main='import "a.mech"')
    )
    laws = [reaction.law.expression.value for reaction in mechanism.reactions]  # type: ignore[union-attr]
    assert [str(law) for law in laws] == ["1/100", "5"]


def test_facts_and_experiments_judge_alike_in_other_units(write: Write) -> None:
    files = {"bench": BENCH}
    own = mscnet.judge(mscnet.load(write(**files)))
    main = write(**files, main='units time = s, volume = L\nimport "bench.mech" as te\nte.Q -> W @ 0')
    other = mscnet.judge(mscnet.load(main))
    assert [v.passed for v in own] == [v.passed for v in other]
    for mine, theirs in zip(own, other, strict=True):
        assert mine.margin == pytest.approx(theirs.margin, rel=1e-3, abs=1e-3)


BENCH = """
units time = min, concentration = mM, volume = mL
step1: PC -> MSC @ k1
parameter k1 = 0.1, e371 = 30 /mM/cm
k2 = 2*k1
in toluene { k2 = 0.5*k1 }
step2: MSC -> Q @ k2
solution S { PC = 1 }
solvent toluene
liquid OTA { density = 0.782 g/mL ; molar_mass = 129.24 g/mol }
band MSC { gaussian center = 371 nm, fwhm = 20 nm, epsilon = e371 }
instrument { path = 1 cm ; noise = 0.001 }
experiment fig4(v) for v in 15, 30 uL {
    mix v S + 2 toluene + 1 mL OTA
    hold 1
    measure od = absorbance(371 nm), [MSC], half = [MSC]/(1 + [PC]) every 5 for 60 min
}
experiment aged from fig4(30 uL) after 12 { add 1 mL toluene ; measure od = absorbance(371 nm) every 1 for 20 }
expect fig4 {
    max(od) > 0.05 ; max(od) increases with v ; time_of_max(od) = 14 ± 5 ; half_time(od) < 40
    max([MSC]) > 0.001 ; never [MSC] > 1 ; settles(od, 0.001) = 60 ± 20 min over 5 .. 60 ; rate_determining(step1)
}
expect { final(fig4(15 uL).od) < final(fig4(30 uL).od) ; final(aged.od) < 0.1 }
"""


def test_experiments_and_bottles_of_an_import_are_used_here(write: Write) -> None:
    text = """
import "bench.mech" as te
units time = min, volume = mL, concentration = mM
experiment more from te.fig4(15 uL) after 10 min { add 1 mL te.S + 1 mL te.toluene ; measure [te.MSC] every 1 for 10 }
expect te.fig4(30 uL) { max(od) > 0.1 ; rate_determining(te.step1) ; max([te.MSC]) > 1 uM }
expect { final(more.te.MSC) > final(te.fig4(15 uL).te.MSC) }
option experiment = te.fig4(30 uL)
"""
    verdicts = mscnet.judge(mscnet.load(write(bench=BENCH, main=text)))
    assert {v.fact.experiment for v in verdicts} >= {"te.fig4", None}
    assert len(verdicts) > 12


# --- functions ---------------------------------------------------------------------------------------------------


def test_a_function_of_an_import_is_called_here(write: Write) -> None:
    text = 'import "cdte.mech" as te\nspecies S = 3\nS -> P rate Vmax*te.hill([S], Km, 2)\nparameter Vmax = 2, Km = 4'
    mechanism = mscnet.load(write(cdte=CDTE, main=text))
    run = mscnet.simulate(mechanism, t_end="0.001 s", points=2)
    assert (run["P"][-1]) / 0.001 == pytest.approx(2 * 9 / 25, rel=1e-3)


def test_a_function_that_calls_others_and_has_units_is_converted(write: Write) -> None:
    law = "units time = min, concentration = mM\nfunction f(x) = g(x)*2 /min\nfunction g(x) = x/(1 + x/(3 mM))"
    mechanism = mscnet.load(write(law=law, main='import "law.mech" as l\nS -> P rate l.f([S])\nspecies S = 3e-3'))
    run = mscnet.simulate(mechanism, t_end=1e-3, points=2)
    assert run["P"][-1] / 1e-3 == pytest.approx(3e-3 / 2 * 2 / 60, rel=1e-3)


def test_the_arguments_of_an_imported_function_are_checked(write: Write) -> None:
    text = 'import "cdte.mech" as te\nS -> P @ te.hill([S], 3 s, 2)'
    assert codes(write(cdte=CDTE, main=text)) == ["E020"]


def test_an_imported_function_does_not_grow_without_end(write: Write) -> None:
    text = 'import "f.mech" as f\nA -> B @ ' + "f.f(" * 30 + "k" + ")" * 30
    assert codes(write(f="function f(x) = x + x\nA -> B", main=text)) == ["E004"]


# --- which files ---------------------------------------------------------------------------------------------------


def test_a_path_starts_at_the_importing_file(write: Write) -> None:
    main = write(
        parts__a='import "b.mech"\nimport "../c.mech"',
        parts__b="A -> B @ 1",
        c="B -> C @ 1",
        main='import "parts/a.mech"',
    )
    assert len(mscnet.load(main).reactions) == 2


@pytest.mark.parametrize(
    "path", ["../outside.mech", "sub/../../outside.mech", "/tmp/outside.mech", "~/x.mech", "file:///x.mech",
             "C:/x.mech", "..\\outside.mech", "link.mech", "folder/outside.mech"]
)  # fmt: skip
def test_no_import_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "outside.mech").write_text("A -> B @ 1")
    home = tmp_path / "home"
    home.mkdir()
    (home / "link.mech").symlink_to(tmp_path / "outside.mech")
    (home / "folder").symlink_to(tmp_path)
    (home / "main.mech").write_text(f'import "{path}"\nC -> D @ 1')
    assert codes(home / "main.mech") == ["E221"]


def test_an_import_of_an_import_stays_inside_too(tmp_path: Path) -> None:
    (tmp_path / "outside.mech").write_text("A -> B @ 1")
    home = tmp_path / "home"
    (home / "parts").mkdir(parents=True)
    (home / "parts" / "a.mech").write_text('import "../../outside.mech"\nC -> D @ 1')
    (home / "main.mech").write_text('import "parts/a.mech"\nC -> D @ 1')
    assert codes(home / "main.mech") == ["E221"]


def test_a_link_inside_the_folder_is_followed_and_the_main_file_may_be_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "a.mech").write_text("A -> B @ 1")
    (home / "b.mech").symlink_to(home / "a.mech")
    (tmp_path / "real.mech").write_text('import "b.mech"')
    (home / "main.mech").symlink_to(tmp_path / "real.mech")
    assert len(mscnet.load(home / "main.mech").reactions) == 1


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.mech").mkdir()
    os.mkfifo(tmp_path / "pipe.mech")
    (tmp_path / "main.mech").write_text('import "folder.mech"\nimport "pipe.mech"\nimport "none.mech"\nA -> B @ 1')
    assert codes(tmp_path / "main.mech") == ["E220"] * 3


def test_a_text_without_a_file_imports_packages_alone() -> None:
    with pytest.raises(mscnet.MechanismError) as error:
        mscnet.loads('import "cdte.mech"\nA -> B @ 1')
    assert [d.code for d in error.value.diagnostics] == ["E221"]


def test_a_file_that_imports_itself_is_a_circle(write: Write) -> None:
    result = mscnet.check(write(main='import "main.mech"\nA -> B @ 1'))
    assert [d.message for d in result.diagnostics] == ["imports go round in a circle: main.mech -> main.mech"]


def test_imports_have_limits(write: Write) -> None:
    chain = {f"a{i}": f'import "a{i + 1}.mech"\nA -> B{i} @ 1' for i in range(60)}
    assert codes(write(**chain, a60="A -> B @ 1", a00='import "a0.mech"')) == ["E223"]


# --- the table of names ---------------------------------------------------------------------------------------------

#: Texts that are no names of the file, and names that are local to an experiment or a function.
TEXTS = {
    "label", "unit", "note", "text", "source", "kind", "measure", "path", "variable", "vessel", "format", "scale",
    "relation", "comparison", "reference", "parameters", "value", "columns", "selects", "values", "settings",
    "elements", "bonds", "complex",
}  # fmt: skip
LOCAL = {
    (bench.Reading, "name"), (bench.Use, "vessel"), (bench.Take, "source"), (facts.BandReading, "name"),
    (facts.Feature, "name"), (facts.Fact, "name"), (types.Option, "name"),
}  # fmt: skip


def classes() -> list[type]:
    found = [c for m in (bench, facts, optics, types) for c in vars(m).values() if dataclasses.is_dataclass(c)]
    return [
        c
        for c in dict.fromkeys(found)
        if isinstance(c, type) and c.__module__ in {m.__name__ for m in (bench, facts, optics, types)}
    ]


@pytest.mark.parametrize("item", classes(), ids=lambda item: item.__name__)
def test_every_text_of_a_mechanism_is_a_name_or_known_to_be_none(item: type) -> None:
    holding = [f.name for f in dataclasses.fields(item) if "str" in str(f.type)]
    known = {*rewrite.NAMES.get(item, {}), *TEXTS, *(name for owner, name in LOCAL if owner is item)}
    assert set(holding) <= known, typing.cast(str, item.__name__)


@pytest.mark.slow
def test_every_shipped_mechanism_can_be_imported() -> None:
    for name in assets.mechanism_names():
        shipped = mscnet.load(name)
        own = shipped.structure is not None and shipped.units.concentration.symbol == "c0"
        units = "unit c0\nunits concentration = c0\n" if own else ""
        result = mscnet.check_text(f'{units}import "{name}" as m')
        assert result.mechanism is not None, [d.render() for d in result.diagnostics]


def test_structured_species_stay_on_their_scale() -> None:
    (found,) = mscnet.check_text('import "cdtese_rules" as m').diagnostics
    assert (found.code, found.hint) == ("E020", "measure in c0 here, too: `unit c0`, `units concentration = c0`")


@pytest.mark.parametrize(
    "main",
    [
        'import "base.mech"\npathway p { B -> C @ k ; parameter k = 2 }',
        'import "base.mech"\nk = 3\nB -> C @ k',
        'import "base.mech"\nimport "other.mech"',
        'import "base.mech"\npathway q { B -> C @ 1 }',
        'import "base.mech"\nimport "labels.mech"',
    ],
)
def test_one_name_for_two_things_is_an_error(write: Write, main: str) -> None:
    base = "one: A -> B @ k\nparameter k = 1\npathway q { B -> D @ 1 }\npathway r { B -> E @ 1 }"
    path = write(base=base, other="X -> Y @ k\nparameter k = 2", labels="one: A -> C @ 1", main=main)
    assert set(codes(path)) <= {"E226", "E011"}
    assert codes(path)


def test_a_slip_is_told_beside_an_import_that_failed(write: Write) -> None:
    assert codes(write(main='import "lost.mech" as te\nte.Cd ; te.X -> B @ te.k\n')) == ["E220", "E002"]
