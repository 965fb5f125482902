"""``mscnet expand``: what it writes, where, and how it ends."""

import json

import pytest

FAMILY = """units time = min, concentration = mM
F[1] + F[n] <-> F[n+1] @ ka, kd for n in 1 .. 4
species F[1] = 1 mM
parameter ka = 0.1 /mM/min, kd = 0.2 /min
"""


@pytest.fixture(autouse=True)
def family(folder):
    (folder / "f.mech").write_text(FAMILY)


def test_the_plain_mechanism_goes_to_stdout_and_its_size_to_stderr(mscnet):
    outcome = mscnet("expand f.mech")
    assert (outcome.code, outcome.err) == (0, "5 species, 8 reactions\n")
    assert "r1[1]: 2 F[1] <-> F[2]  @ ka, kd" in outcome.out


def test_it_means_the_same_and_expands_to_itself(mscnet, folder):
    assert mscnet("expand f.mech --out g.mech").code == 0
    assert mscnet("diff f.mech g.mech").code == 0
    assert mscnet("expand g.mech --out h.mech").code == 0
    assert (folder / "g.mech").read_text() == (folder / "h.mech").read_text()


@pytest.mark.parametrize("options", ["--out f.net", "--to net --out f.txt"])
def test_a_network_by_its_extension_or_by_name(mscnet, folder, options):
    assert mscnet(f"expand f.mech {options}").code == 0
    assert "begin reactions" in (folder / options.split()[-1]).read_text()


def test_json_has_the_text_and_its_counts(mscnet):
    found = json.loads(mscnet("expand f.mech --json").out)
    assert (found["format"], found["species"], found["reactions"]) == ("mech", 5, 8)
    assert found["text"].startswith("units time = min")


def test_one_pathway_alone(mscnet, folder):
    (folder / "p.mech").write_text("pathway a { A -> B @ 1 }\npathway b { A -> C @ 1 }")
    assert "pathway b {" in mscnet("expand p.mech").out
    alone = mscnet("expand p.mech --pathway b").out
    assert ("pathway" in alone, "A -> C" in alone, "A -> B" in alone) == (False, True, False)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("expand f.mech --out f.txt", 2, "names no format"),
        ("expand f.mech --to sbml", 2, "invalid choice"),
        ("expand f.mech --out no/f.mech", 1, "no folder"),
        ("expand f.mech --pathway x", 1, "no pathway `x`"),
        ("expand lost.mech", 1, "lost.mech"),
    ],
)
def test_what_makes_no_sense_is_refused(mscnet, line, code, said):
    outcome = mscnet(line)
    assert (outcome.code, outcome.out) == (code, "")
    assert said in outcome.err


def test_nothing_is_written_where_the_format_cannot_say_it(mscnet, folder):
    (folder / "e.mech").write_text("A -> B @ 1\nat t = 1 s { A = 1 M }")
    (folder / "e.net").write_text("as it was")
    outcome = mscnet("expand e.mech --out e.net")
    assert (outcome.code, "events" in outcome.err) == (64, True)
    assert (folder / "e.net").read_text() == "as it was"
