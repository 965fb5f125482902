"""Pictures of rules: well-formed, whole, the same every time; that they look right has been seen by eye."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import Count, Structure
from mscnet.report.drawing import Drawing, text_width
from tests.rules.reading import pattern, structure

SVG = "{http://www.w3.org/2000/svg}"

SMALL = replace(
    structure(
        ["L(r,r)", "R(l,y~u~p)", "X()"],
        ["L(r,r)"],
        ["L(r) + R(l) <-> L(r!1).R(l!1)", "R(y~u,l!+) -> R(y~p,l!+)", "R(y~p,l!?) -> 0", "0 -> X()"],
    ),
    counts=(Count("o", "molecules", (pattern("R(y~p)"),), "with < & >"),),
)
#: More influences than are drawn as arrows.
LARGE = structure(
    ["A(b,s~0~1~2)", "B(a,s~0~1~2)"],
    [],
    [f"A(s~{i}) -> A(s~{j})" for i in range(3) for j in range(3) if i != j]
    + [f"B(s~{i}) -> B(s~{j})" for i in range(3) for j in range(3) if i != j]
    + ["A(b) + B(a) <-> A(b!1).B(a!1)"],
)


def pictures(made: Structure) -> dict[str, str]:
    from mscnet.report.rule_picture import rules_svg

    mechanism = Mechanism(structure=made)
    return {
        "contact": mechanism.contact_map().to_svg(),
        "influence": mechanism.influence_map().to_svg(),
        "rules": rules_svg(mechanism.rule_diagrams()),
    }


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("made", [SMALL, LARGE, Structure()], ids=["small", "large", "empty"])
@pytest.mark.parametrize("which", ["contact", "influence", "rules"])
def test_pictures_are_well_formed_and_hold_all_that_is_drawn(made: Structure, which: str) -> None:
    root = ElementTree.fromstring(pictures(made)[which])
    x, y, width, height = map(float, root.attrib["viewBox"].split())
    assert 0 < width < 4000
    for element in root.iter():
        if element.tag == f"{SVG}rect":
            left, top = float(element.attrib["x"]), float(element.attrib["y"])
            assert x <= left <= left + float(element.attrib["width"]) <= x + width + 0.2
            assert y <= top <= top + float(element.attrib["height"]) <= y + height + 0.2
        if element.tag == f"{SVG}text" and "transform" not in element.attrib:
            assert x <= float(element.attrib["x"]) <= x + width
            assert y <= float(element.attrib["y"]) <= y + height


def test_the_same_mechanism_gives_the_same_bytes() -> None:
    assert pictures(SMALL) == pictures(SMALL)


def test_the_contact_map_names_molecules_sites_and_states() -> None:
    assert set(words(pictures(SMALL)["contact"])) >= {"L", "R", "X", "r ×2", "l", "y", "u", "p", "made"}


def test_few_influences_are_arrows_and_many_a_table() -> None:
    few, many = pictures(SMALL)["influence"], pictures(LARGE)["influence"]
    assert ("marker-end" in few, "marker-end" in many) == (True, False)
    assert "±" not in few
    assert {"r1", "r14", "+", "−"} <= set(words(many)) | {"r14"}


def test_what_changes_is_marked_in_a_rule() -> None:
    root = ElementTree.fromstring(pictures(SMALL)["rules"])
    thick = [path for path in root.iter(f"{SVG}path") if float(path.attrib.get("stroke-width", 0)) > 3]
    filled = [box for box in root.iter(f"{SVG}rect") if box.attrib["fill"] == "#f7d774"]
    dashed = [box for box in root.iter(f"{SVG}rect") if "stroke-dasharray" in box.attrib]
    assert (len(thick), len(filled), len(dashed)) == (1, 2, 1)


def test_both_directions_are_one_picture() -> None:
    made = structure(["A(b)", "B(a)"], [], ["A(b) + B(a) <-> A(b!1).B(a!1)"])
    forward, back = made.rules
    made = replace(made, rules=(replace(forward, partner=back.name), replace(back, partner=forward.name)))
    assert words(pictures(made)["rules"]).count("+") == 1


def test_a_wide_rule_is_drawn_in_two_rows() -> None:
    many = ".".join(["Molecule(site!1)"] + ["Molecule(site)"] * 8 + ["Molecule(site!1)"])
    made = structure(["Molecule(site)"], [], [f"{many} -> {many}"])
    width = float(ElementTree.fromstring(pictures(made)["rules"]).attrib["width"])
    assert width < 1400


def test_texts_are_escaped() -> None:
    assert "with < & >" in words(pictures(SMALL)["influence"])


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("which", ["contact", "influence", "rules"])
def test_graphviz_takes_the_text(which: str) -> None:
    mechanism = Mechanism(structure=SMALL)
    from mscnet.report.rule_dot import rules_dot

    text = {
        "contact": mechanism.contact_map().to_dot(),
        "influence": mechanism.influence_map().to_dot(),
        "rules": rules_dot(mechanism.rule_diagrams()),
    }[which]
    done = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_dot_texts_draw_each_thing_once() -> None:
    mechanism = Mechanism(structure=SMALL)
    assert mechanism.contact_map().to_dot().count('label="r ×2"') == 1
    assert len(re.findall(r"shape=ellipse, label=", mechanism.influence_map().to_dot())) == 1


def test_molecules_stand_in_one_order_on_both_sides() -> None:
    from mscnet.report.rule_picture import rules_svg

    rule = "L(r,r!1).R(l!1,y~u) + R(l,y~p) -> L(r!2,r!1).R(l!1,y~u).R(l!2,y~p)"
    drawn = words(rules_svg(Mechanism(structure=structure(["L(r,r)", "R(l,y~u~p)"], [], [rule])).rule_diagrams()))
    assert [word for word in drawn if word.startswith("y~")] == ["y~u", "y~p", "y~u", "y~p"]


def test_a_notebook_shows_the_pictures() -> None:
    mechanism = Mechanism(structure=SMALL)
    shown = [mechanism.contact_map(), mechanism.influence_map(), mechanism.rule_diagrams()[0]]
    assert all(each._repr_svg_().startswith("<svg") for each in shown)


def test_widths_of_text() -> None:
    assert text_width("WWW", 12) > text_width("nnn", 12) > text_width("iii", 12)
    assert text_width("n" * 10, 12, bold=True) > text_width("n" * 10, 12)


def test_an_empty_drawing_says_so() -> None:
    assert "nothing to draw" in Drawing("x").svg()
