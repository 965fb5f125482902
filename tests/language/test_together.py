"""Constructs of the language that meet: imports, families, events, thermodynamics, pathways, fixes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mscnet
from mscnet.language.mending import mend
from mscnet.language.source import read_source

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files, by name, and gives the path of the last."""

    def write(**files: str) -> Path:
        for name, text in files.items():
            path = tmp_path / f"{name}.mech"
            path.write_text(text, encoding="utf-8")
        return path

    return write


def codes(path: Path) -> list[str]:
    return [finding.code for finding in mscnet.check(path).diagnostics]


# --- fixes and imports --------------------------------------------------------------------------------------


def test_a_file_with_imports_is_mended(write: Write) -> None:
    whole = write(part="A -> B @ 0.1 /s\n", whole='import "part.mech" as p\np.B => C @ 0.1 /s\n')
    mended = mend(read_source(whole))
    assert mended.source.text == 'import "part.mech" as p\np.B -> C @ 0.1 /s\n'
    assert mended.result.mechanism is not None


def test_fixes_of_imported_files_are_not_made_in_the_file_that_imports(write: Write) -> None:
    whole = write(part="A => B @ 0.1 /s\n", whole='import "part.mech" as p\nB --> C @ 0.1 /s\n')
    assert mend(read_source(whole)).source.text == 'import "part.mech" as p\nB -> C @ 0.1 /s\n'


def test_a_finding_in_an_imported_file_carries_its_fix_there(write: Write) -> None:
    whole = write(part="A => B @ 0.1 /s\n", whole='import "part.mech" as p\nB -> C @ 0.1 /s\n')
    (finding,) = mscnet.check(whole).diagnostics
    (fix,) = finding.fixes
    assert (fix.edits[0].span.source.path, fix.edits[0].replacement) == (str(whole.with_name("part.mech")), "->")


def test_balance_of_an_imported_reaction_is_told_in_its_file(write: Write) -> None:
    part = "species H2 of H2, O2 of O2, W of H2O\nH2 + O2 -> W @ k\n"
    whole = write(part=part, whole='import "part.mech" as p\np.W -> X @ 0.1 /s\n')
    found = {f.code: f for f in mscnet.check(whole).diagnostics}
    assert found["E050"].span is not None
    assert found["E050"].span.source.name.endswith("part.mech")


def test_a_whole_law_in_an_imported_file_is_no_warning_here(write: Write) -> None:
    whole = write(part="A -> B @ k1*[A]\n", whole='import "part.mech" as p\np.B -> C @ 0.1 /s\n')
    assert codes(whole) == []


# --- families and imports -----------------------------------------------------------------------------------

LADDER = """units time = min, concentration = mM
parameter N = 3, ka = 0.1 /min
species F[n] = n mM for n in 1 .. N + 1
grow: F[n] -> F[n+1] @ ka*n for n in 1 .. N
"""


def final(mechanism: mscnet.Mechanism, t_end: str, **given: str) -> dict[str, float]:
    run = mscnet.simulate(mechanism, t_end=t_end, points=2, **given)
    return {s.name: float(run[s.name][-1]) for s in mechanism.chosen.species}


def test_a_family_of_an_imported_file_is_the_family(write: Write) -> None:
    whole = write(part=LADDER, whole='units time = min, concentration = mM\nimport "part.mech" as p\n')
    alone = final(mscnet.loads(LADDER), "2 min")
    assert final(mscnet.load(whole), "2 min") == pytest.approx({f"p.{name}": value for name, value in alone.items()})


def test_members_of_an_imported_family_react_in_a_family(write: Write) -> None:
    text = 'units time = min, concentration = mM\nimport "part.mech" as p\np.F[n] -> X[n] @ k for n in 2 .. 3\n'
    whole = write(part=LADDER, whole=text)
    names = [s.name for s in mscnet.load(whole).species]
    assert names == ["X[2]", "X[3]", "p.F[1]", "p.F[2]", "p.F[3]", "p.F[4]"]


def test_members_are_given_values_at_import(write: Write) -> None:
    whole = write(
        part=LADDER,
        whole='units time = min, concentration = mM\nimport "part.mech" as p with { F[n] = 7 mM for n in 1, 3 }',
    )
    run = mscnet.simulate(mscnet.load(whole), t_end="1 min", points=2)
    assert [float(run[f"p.F[{n}]"][0]) for n in (1, 2, 3, 4)] == [7, 2, 7, 4]


def test_the_size_of_a_family_is_a_pure_number_in_other_units(write: Write) -> None:
    whole = write(part=LADDER, whole='units time = s, concentration = M\nimport "part.mech" as p\n')
    alone = final(mscnet.loads(LADDER), "2 min")
    assert final(mscnet.load(whole), "120 s") == pytest.approx({f"p.{n}": value / 1000 for n, value in alone.items()})


# --- families and derived pathways --------------------------------------------------------------------------

LOSSES = LADDER + "pathway slow { loss: F[n] -> 0 @ kl for n in 1 .. 2 ; parameter kl = 0.5 /min }\n"


def steps(text: str, pathway: str) -> list[str]:
    return [reaction.name for reaction in mscnet.loads(text).with_pathway(pathway).reactions]


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ("without loss", ["grow[1]", "grow[2]", "grow[3]"]),
        ("without loss[2], grow[1]", ["grow[2]", "grow[3]", "loss[1]"]),
        ("without grow", ["loss[1]", "loss[2]"]),
        ("with { loss[2]: F[2] -> X @ kl }", ["grow[1]", "grow[2]", "grow[3]", "loss[2]", "loss[1]"]),
        ("with { loss: F[n] -> X @ kl for n in 1, 2 }", ["grow[1]", "grow[2]", "grow[3]", "loss[1]", "loss[2]"]),
        ("with { loss: F[1] -> X @ kl }", ["grow[1]", "grow[2]", "grow[3]", "loss"]),
    ],
)
def test_steps_of_families_are_left_out_and_replaced(change: str, left: list[str]) -> None:
    assert steps(LOSSES + f"pathway other = slow {change}\n", "other") == left


def test_a_value_of_a_derived_pathway_holds_for_every_member() -> None:
    text = "units time = min, concentration = mM\nspecies F[n] = 1 mM for n in 1 .. 2\nparameter k = 1 /min\n"
    text += "pathway a { F[n] -> 0 @ k*n for n in 1 .. 2 }\npathway b = a with { k = 2 /min }\n"
    twice = final(mscnet.loads(text).with_pathway("b"), "1 min")
    assert twice == pytest.approx(final(mscnet.loads(text).with_pathway("a"), "2 min"), rel=1e-5)


def test_derived_pathways_are_made_by_a_family() -> None:
    text = LOSSES + "for n in 1 .. 2 { pathway less{n} = slow without loss[n] }\n"
    assert [p.name for p in mscnet.loads(text).pathways] == ["slow", "less1", "less2"]
    assert steps(text, "less2")[3:] == ["loss[1]"]


# --- families and events ------------------------------------------------------------------------------------


def test_members_are_changed_by_an_event() -> None:
    text = LADDER + "at t = 1 min { F[4] += 1 mM ; [F[3]] = 0 mM }\n"
    run = mscnet.simulate(mscnet.loads(text), t_end="1 min", points=2)
    before = mscnet.simulate(mscnet.loads(LADDER), t_end="1 min", points=2)
    assert float(run["F[4]"][-1]) == pytest.approx(float(before["F[4]"][-1]) + 1)
    assert float(run["F[3]"][-1]) == 0


def test_a_family_of_events() -> None:
    text = LADDER + "for n in 1 .. 2 { dose: at t = n min { F[n] += n mM } }\n"
    mechanism = mscnet.loads(text)
    assert [(e.label, e.head) for e in mechanism.events] == [
        ("dose[1]", "at t = n min (n = 1)"),
        ("dose[2]", "at t = n min (n = 2)"),
    ]
    total = sum(final(mechanism, "3 min").values())
    assert total == pytest.approx(10 + 3)


def test_an_event_that_is_the_same_for_every_member_is_refused() -> None:
    found = mscnet.check_text(LADDER + "for n in 1 .. 2 { at t = 1 min { F[1] += 1 mM } }\n").diagnostics
    assert [f.code for f in found] == ["E214"]


def test_what_is_wrong_in_a_family_of_events_is_said_once() -> None:
    (found,) = mscnet.check_text(LADDER + "for n in 1 .. 3 { at t = n min { Q[n] += 1 mM } }\n").diagnostics
    assert found.message == "unknown name `Q[1]` (for n = 1, and 2 more)"


# --- families and thermodynamics ----------------------------------------------------------------------------


def constants(text: str) -> list[float]:
    """How much more there is of the second of each two species after a long time."""
    mechanism = mscnet.loads("units time = min, concentration = mM\ntemperature = 298.15 K\n" + text)
    run = mscnet.simulate(mechanism, t_end="1e4 min", points=2)
    names = [s.name for s in mechanism.species]
    return [float(run[b][-1] / run[a][-1]) for a, b in zip(names[::2], names[1::2], strict=True)]


def test_equilibrium_constants_in_loop_variables() -> None:
    text = "for n in 1 .. 3 { species A[n] = 1 mM ; species B[n] = 0 mM }\n"
    text += "A[n] <-> B[n] @ n/min, K = n^2 for n in 1 .. 3\n"
    assert constants(text) == pytest.approx([1, 4, 9], rel=1e-4)


def test_energies_in_loop_variables() -> None:
    text = "for n in 1 .. 2 { species A[n] = 1 mM gibbs = 0 kJ/mol ; species B[n] = 0 mM gibbs = -n kJ/mol }\n"
    text += "A[n] <-> B[n] @ n/min for n in 1 .. 2\n"
    assert constants(text) == pytest.approx([1.4969, 2.2408], rel=1e-3)  # exp(n kJ/mol / RT)


def test_bonds_in_loop_variables() -> None:
    text = (
        "species Cd{E} bonds 2 Cd-{E}, {E}2 bonds 1 {E}-{E} for E in Te, Se\nbond Cd-{E} = 100 kJ/mol for E in Te, Se\n"
    )
    text += "bond {E}-{E} = 30 kJ/mol for E in Te, Se\nCdTe + Se2 -> CdSe + Te2 @ k\n"
    mechanism = mscnet.loads(text)
    assert {s.name: s.bonds for s in mechanism.species} == {
        "CdTe": (("Cd-Te", 2),),
        "Te2": (("Te-Te", 1),),
        "CdSe": (("Cd-Se", 2),),
        "Se2": (("Se-Se", 1),),
    }
    assert [b.name for b in mechanism.bonds] == ["Cd-Te", "Cd-Se", "Te-Te", "Se-Se"]


# --- families and fixes -------------------------------------------------------------------------------------


def mended(text: str) -> str:
    from mscnet.diagnostics import Source

    return mend(Source("x", text)).source.text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("F[n] => F[n+1] @ k for n in 1 .. 3\n", "F[n] -> F[n+1] @ k for n in 1 .. 3\n"),
        ("for n = 1 .. 3 { F[n] -> F[n+1] @ 0,1 /s }\n", "for n in 1 .. 3 { F[n] -> F[n+1] @ 0.1 /s }\n"),
        ("F[n] -> F[n+1] @ k for n in 1 .. 3 if n = 2\n", "F[n] -> F[n+1] @ k for n in 1 .. 3 if n == 2\n"),
        ("F[n] -> F[n+1] @ k*[F[n]] for n in 1, 2\nparameter k = 1 /s\n",
         "F[n] -> F[n+1] rate k*[F[n]] for n in 1, 2\nparameter k = 1 /s\n"),
        ("F[1] -> F[2] kk\n", "F[1] -> F[2] @ kk\n"),
    ],
)  # fmt: skip
def test_slips_in_families_are_mended(wrong: str, right: str) -> None:
    assert mended(wrong) == right


@pytest.mark.parametrize(
    "text",
    [
        "A{n} -> B{n} @ k{n} = 1 /s for n in 1 .. 2\n",
        "species F[n] of Au[n] for n in 1 .. 3\nF[n] -> F[n+1] @ k for n in 1 .. 2\n",
    ],
)
def test_fixes_of_single_members_are_not_offered(text: str) -> None:
    (found,) = mscnet.check_text(text).diagnostics
    assert found.fixes == ()


# --- differences --------------------------------------------------------------------------------------------


def test_a_member_that_differs_is_shown_by_itself() -> None:
    other = LADDER.replace("1 .. N\n", "1 .. N if n != 2\n")
    changes = [c for c in mscnet.diff(mscnet.loads(LADDER), mscnet.loads(other)).changes if c.category == "reactions"]
    assert [(c.name, c.before) for c in changes] == [("grow[2]", "grow[2]: F[2] -> F[3] @ ka*2")]


def test_actions_of_members_are_shown_with_their_names() -> None:
    from mscnet.mechanism.events import written

    text = LADDER + "for n in 1 .. 2 { at t = n min { F[n] += n mM } }\nat t = 3 min { [F[2]] = 1 mM }\n"
    assert [written(action) for event in mscnet.loads(text).events for action in event.actions] == [
        "F[1] += n mM",
        "F[2] += n mM",
        "[F[2]] = 1 mM",
    ]


def test_events_of_two_pathways_that_do_the_same_are_no_difference() -> None:
    text = "for E in Te, Se { pathway only{E} { Cd{E} -> 0 @ k ; at t = 1 min { Cd{E} += 1 mM } } }\n"
    mechanism = mscnet.loads(text + "pathway both = onlyTe + onlySe\n")
    changes = mscnet.diff(mechanism.with_pathway("onlyTe"), mechanism.with_pathway("both")).changes
    events = [(c.kind, c.after) for c in changes if c.category == "other"]
    assert events == [("added", "at t = 1 min (E = Se) { CdSe += 1 mM }")]


def test_how_families_are_written_is_no_difference() -> None:
    assert not mscnet.diff(mscnet.loads("A[n] -> B @ k for n in 1 .. 2"), mscnet.loads("A[1] -> B @ k\nA[2] -> B @ k"))
    counted = mscnet.loads("parameter N = 2\nA[n] -> B @ k for n in 1 .. N")
    changes = mscnet.diff(mscnet.loads("A[1] -> B @ k\nA[2] -> B @ k"), counted).changes
    assert [c.name for c in changes] == ["N"]


def test_bottles_of_a_family_are_mixed() -> None:
    text = """units time = min, concentration = mM, volume = mL
for E in Te, Se {
    solution S{E} { Cd{E} = 2 mM }
    Cd{E} -> X{E} @ 0.1 /min
    experiment e{E} { mix 1 mL S{E} + 1 mL S{E} ; measure x = [X{E}] every 1 min for 2 min }
}
"""
    assert [e.name for e in mscnet.loads(text).experiments] == ["eTe", "eSe"]
