"""``mscnet check``: findings, codes, JSON."""

import json

import pytest

from tests.cli.conftest import DECAY


def test_a_good_file_is_named_with_what_it_holds(mscnet):
    outcome = mscnet("check decay.mech")
    assert (outcome.code, outcome.out) == (0, "decay.mech: 2 species, 1 reaction, no findings\n")


def test_pathways_are_counted(mscnet):
    assert "2 pathways" in mscnet("check paths.mech").out


def test_several_files_have_a_line_each(mscnet):
    assert len(mscnet("check decay.mech one.mech").out.splitlines()) == 2


def test_one_bad_file_of_several_fails(mscnet):
    assert mscnet("check decay.mech nowhere.mech one.mech").code == 1


def test_errors_go_to_stderr_with_their_place(mscnet):
    outcome = mscnet("check -", stdin="A -> B @ k1\nobservable x = [Bb]\n")
    assert (outcome.code, "<stdin>:2:16" in outcome.err) == (1, True)


def test_standard_input_is_a_file_too(mscnet):
    assert mscnet("check -", stdin=DECAY).out.startswith("<stdin>: 2 species")


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00\x01\x02", b"\xff\xfeA\x00", b"A -> B # \xe9", b"species A = 1 mM {", b"((((" * 5000, b"A -> -1 B"],
)
def test_bad_input_is_1_and_says_what(mscnet, data):
    outcome = mscnet("check -", stdin=data)
    assert (outcome.code, outcome.err.startswith("error[E")) == (1, True)


@pytest.mark.parametrize("file", ["nowhere.mech", ".", "nosuch/file.mech", "cdtesee", "a\0b"])
def test_what_cannot_be_read_is_1(mscnet, file):
    assert mscnet(["check", file]).code == 1


@pytest.mark.parametrize("file", ["model.bngl", "model.xml", "model.ant"])
def test_formats_that_are_to_come_are_64(mscnet, file):
    assert mscnet(f"check {file}").code == 64


def test_a_statement_that_is_to_come_is_64(mscnet):
    assert mscnet("check -", stdin='A -> B @ 1\nimport "other.net"\n').code == 64


def test_a_wrong_file_that_also_asks_for_more_is_1(mscnet):
    assert mscnet("check -", stdin='A -> B @ 1\nobservable x = [C]\nimport "other.mech"\n').code == 1


def test_json_is_one_list_over_all_files(mscnet):
    outcome = mscnet("check decay.mech nowhere.mech --json")
    findings = json.loads(outcome.out)
    assert (outcome.code, [f["file"] for f in findings]) == (1, ["nowhere.mech"])


def test_json_has_the_documented_keys(mscnet):
    keys = ["severity", "code", "message", "hint", "file", "line", "column", "end_line", "end_column", "related"]
    assert list(json.loads(mscnet("check nowhere.mech --json").out)[0]) == keys


def test_json_of_a_good_file_is_an_empty_list(mscnet):
    assert mscnet("check decay.mech --json").out == "[]\n"


def test_warnings_do_not_fail(mscnet):
    assert mscnet("check -", stdin="A -> B @ 1\nparameter k9 = 1 /s\n").code == 0


def test_strict_makes_warnings_fail(mscnet):
    assert mscnet("check - --strict", stdin="A -> B @ 1\nparameter k9 = 1 /s\n").code == 1


def test_strict_reports_constants_that_are_declared_by_use(mscnet):
    assert "`k1`" in mscnet("check one.mech --strict").err


def test_fix_is_to_come(mscnet):
    assert mscnet("check one.mech --fix").code == 64
