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


@pytest.mark.parametrize("file", ["model.xml", "model.ant"])
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


DRAFT = "specis A = 1 mM  # start\nA => B @ 0.1 /s\nobservable x = [Q]\n"
MENDED = "species A = 1 mM  # start\nA -> B @ 0.1 /s\nobservable x = [Q]\n"


def test_fix_mends_the_file_and_says_what_it_did(mscnet, folder):
    (folder / "draft.mech").write_text(DRAFT)
    outcome = mscnet("check draft.mech --fix")
    assert (folder / "draft.mech").read_text() == MENDED
    assert outcome.err.splitlines()[:2] == [
        "fixed draft.mech:1: replace `specis` by `species` [E002]",
        "fixed draft.mech:2: replace `=>` by `->` [E002]",
    ]


def test_fix_fails_where_errors_are_left(mscnet, folder):
    (folder / "draft.mech").write_text(DRAFT)
    outcome = mscnet("check draft.mech --fix")
    assert (outcome.code, outcome.out) == (1, "draft.mech: 1 error\n")


def test_fix_ends_well_where_none_is_left(mscnet, folder):
    (folder / "draft.mech").write_text("A => B @ 0.1 /s\n")
    assert mscnet("check draft.mech --fix").code == 0


def test_fix_leaves_a_good_file_alone(mscnet, folder):
    before = (folder / "decay.mech").stat().st_mtime_ns
    outcome = mscnet("check decay.mech --fix")
    assert (outcome.err, (folder / "decay.mech").stat().st_mtime_ns) == ("", before)


def test_fix_keeps_mark_and_line_endings(mscnet, folder):
    (folder / "draft.mech").write_bytes(b"\xef\xbb\xbfA => B @ 0.1 /s\r\n# \xc3\xa9\rB -> C @ 1 /s")
    mscnet("check draft.mech --fix")
    assert (folder / "draft.mech").read_bytes() == b"\xef\xbb\xbfA -> B @ 0.1 /s\r\n# \xc3\xa9\rB -> C @ 1 /s"


def test_fix_keeps_the_permissions(mscnet, folder):
    (folder / "draft.mech").write_text(DRAFT)
    (folder / "draft.mech").chmod(0o640)
    mscnet("check draft.mech --fix")
    assert (folder / "draft.mech").stat().st_mode & 0o777 == 0o640


def test_fix_of_standard_input_prints_the_text(mscnet):
    outcome = mscnet("check - --fix", stdin=DRAFT)
    assert (outcome.code, outcome.out) == (1, MENDED)


def test_fix_prints_a_good_text_as_it_is(mscnet):
    assert mscnet("check - --fix", stdin=DECAY).out == DECAY


def test_fix_prints_bytes_that_are_no_text(folder):
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "mscnet", "check", "-", "--fix"], input=b"A\xff\n", capture_output=True
    )
    assert (done.returncode, done.stdout) == (1, b"A\xff\n")


def test_fix_of_standard_input_has_no_json(mscnet):
    assert mscnet("check - --fix --json", stdin=DRAFT).code == 2


def test_fix_with_json_lists_what_is_left(mscnet, folder):
    (folder / "draft.mech").write_text(DRAFT)
    assert [f["code"] for f in json.loads(mscnet("check draft.mech --fix --json").out)] == ["E010"]


@pytest.mark.parametrize("file", ["cdtese", "nowhere.mech", "."])
def test_fix_touches_nothing_but_files_of_ones_own(mscnet, file):
    assert "fixed" not in mscnet(f"check {file} --fix").err


def test_fix_of_a_file_that_cannot_be_written(mscnet, folder, monkeypatch):
    (folder / "draft.mech").write_text(DRAFT)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", refuse)
    outcome = mscnet("check draft.mech --fix")
    assert (outcome.code, (folder / "draft.mech").read_text()) == (1, DRAFT)
    assert "cannot be written: Permission denied" in outcome.err


def lsp(mscnet, text):
    (published,) = json.loads(mscnet("check - --format lsp", stdin=text).out)
    return published["diagnostics"]


def test_lsp_counts_from_0_in_units_of_utf_16(mscnet):
    (found,) = lsp(mscnet, 'species A "\U0001f9ea\u6c34" = 1 mMM\nA -> B @ 1\n')
    assert found["range"] == {"start": {"line": 0, "character": 20}, "end": {"line": 0, "character": 23}}


def test_lsp_places_a_second_line(mscnet):
    (found,) = lsp(mscnet, "A -> B @ 1\n# \U0001f9ea\nobservable x = [Aa]\n")
    assert found["range"]["start"] == {"line": 2, "character": 15}


@pytest.mark.parametrize(
    ("text", "severity"),
    [("A -> B @ [Q]", 1), ("A -> B @ 1\nparameter k = 1 /s", 2), ("parameter min = 1 /s\nA -> B @ min", 3)],
)
def test_lsp_severities_are_numbers(mscnet, text, severity):
    assert [found["severity"] for found in lsp(mscnet, text)] == [severity]


def test_lsp_names_second_places(mscnet):
    (found,) = lsp(mscnet, "species A\nspecies A\nA -> B @ 1")
    (second,) = found["relatedInformation"]
    assert (second["message"], second["location"]["range"]["start"]) == (
        "first declared here",
        {"line": 0, "character": 8},
    )


def test_lsp_marks_what_is_unnecessary(mscnet):
    assert lsp(mscnet, "A -> B @ 1\nparameter k = 1 /s")[0]["tags"] == [1]


def test_lsp_leads_to_the_page(mscnet):
    from pathlib import Path
    from urllib.parse import unquote, urlparse

    (found,) = lsp(mscnet, "A -> B @ [Q]")
    page = Path(unquote(urlparse(found["codeDescription"]["href"]).path))
    assert page.read_text(encoding="utf-8").startswith("# E010")


def test_lsp_fixes_are_edits(mscnet):
    (found,) = lsp(mscnet, "\u6c34 \U0001f9ea")[:1] or [None]
    assert found["data"]["fixes"] == []
    (fix,) = lsp(mscnet, "A => B @ 0.1 /s")[0]["data"]["fixes"]
    (edits,) = fix["edit"]["changes"].values()
    assert (fix["safe"], edits[0]["newText"]) == (True, "->")
    assert edits[0]["range"] == {"start": {"line": 0, "character": 2}, "end": {"line": 0, "character": 4}}


def test_lsp_has_an_entry_for_a_file_without_findings(mscnet, folder):
    assert json.loads(mscnet("check decay.mech --format lsp").out) == [
        {"uri": (folder / "decay.mech").resolve().as_uri(), "diagnostics": []}
    ]


def test_lsp_of_a_missing_file(mscnet):
    (published,) = json.loads(mscnet("check nowhere.mech --format lsp").out)
    assert published["diagnostics"][0]["range"]["end"] == {"line": 0, "character": 0}


def test_format_json_is_json(mscnet):
    assert mscnet("check nowhere.mech --format json").out == mscnet("check nowhere.mech --json").out


def test_explain_prints_the_page_of_a_code(mscnet):
    outcome = mscnet("explain e012")
    assert (outcome.code, outcome.out.splitlines()[0]) == (0, "E012: an unknown unit")


def test_check_explain_is_explain(mscnet):
    assert mscnet("check --explain W062").out == mscnet("explain W062").out


def test_explain_alone_lists_every_code(mscnet):
    from mscnet import codes

    assert len(mscnet("explain").out.splitlines()) == len(codes.CODES)


def test_explain_json(mscnet):
    (entry,) = json.loads(mscnet("explain E012 --json").out)
    assert (entry["severity"], entry["page"].startswith("# E012")) == ("error", True)


def test_explain_of_no_code(mscnet):
    outcome = mscnet("explain E999")
    assert (outcome.code, "there is no code E999" in outcome.err) == (2, True)


def test_check_needs_a_file(mscnet):
    assert mscnet("check").code == 2
