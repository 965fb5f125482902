"""``mscnet format``: files in their places, standard input, checks and differences."""

import json
import os
import stat

UNTIDY = "A+B->C@k1   # fast\n"
TIDY = "A + B -> C  @ k1  # fast\n"


def test_a_file_is_written_in_its_place(mscnet, folder):
    (folder / "a.mech").write_text(UNTIDY)
    outcome = mscnet("format a.mech one.mech")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "formatted a.mech\n1 file formatted, 1 file already so\n"
    assert (folder / "a.mech").read_text() == TIDY


def test_permissions_stay(mscnet, folder):
    file = folder / "a.mech"
    file.write_text(UNTIDY)
    file.chmod(0o640)
    mscnet("format a.mech")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_file_that_is_so_already_is_not_written(mscnet, folder):
    file = folder / "a.mech"
    file.write_text(TIDY)
    os.utime(file, (1, 1))
    assert mscnet("format a.mech").code == 0
    assert file.stat().st_mtime == 1


def test_a_link_stays_a_link(mscnet, folder):
    (folder / "a.mech").write_text(UNTIDY)
    (folder / "link.mech").symlink_to("a.mech")
    mscnet("format link.mech")
    assert (folder / "link.mech").is_symlink()
    assert (folder / "a.mech").read_text() == TIDY


def test_standard_input_goes_to_standard_output(mscnet):
    outcome = mscnet("format -", stdin=UNTIDY)
    assert (outcome.code, outcome.out, outcome.err) == (0, TIDY, "")


def test_line_ends_of_windows_stay(mscnet, folder):
    (folder / "a.mech").write_bytes(b"A->B\r\nC->D")
    mscnet("format a.mech")
    assert (folder / "a.mech").read_bytes() == b"A -> B\r\nC -> D\r\n"


def test_check_writes_nothing_and_fails(mscnet, folder):
    (folder / "a.mech").write_text(UNTIDY)
    outcome = mscnet("format --check a.mech")
    assert (outcome.code, "would format a.mech" in outcome.err) == (1, True)
    assert (folder / "a.mech").read_text() == UNTIDY


def test_check_passes_where_nothing_would_change(mscnet):
    assert mscnet("format --check one.mech").code == 0


def test_diff_shows_what_would_change(mscnet, folder):
    (folder / "a.mech").write_text(UNTIDY)
    outcome = mscnet("format --diff a.mech")
    assert (outcome.code, (folder / "a.mech").read_text()) == (0, UNTIDY)
    assert "-" + UNTIDY + "+" + TIDY in outcome.out


def test_a_file_with_syntax_errors_is_left_alone(mscnet, folder):
    (folder / "bad.mech").write_text("A+B->\n")
    (folder / "a.mech").write_text(UNTIDY)
    outcome = mscnet("format bad.mech a.mech")
    assert (outcome.code, "bad.mech:1" in outcome.err, "1 file left alone" in outcome.err) == (1, True, True)
    assert (folder / "bad.mech").read_text() == "A+B->\n"
    assert (folder / "a.mech").read_text() == TIDY


def test_a_file_that_is_not_there(mscnet):
    assert mscnet("format nowhere.mech").code == 1


def test_ascii(mscnet):
    assert mscnet("format --ascii -", stdin="∅ → A @ 3 ± 1 # µ\n".replace(" ± 1", "")).out == "0 -> A  @ 3  # µ\n"


def test_json(mscnet, folder):
    (folder / "a.mech").write_text(UNTIDY)
    (folder / "bad.mech").write_text("A ->\n")
    told = json.loads(mscnet("format --json a.mech bad.mech one.mech").out)
    assert [(t["file"], t["changes"], t["written"], len(t["findings"])) for t in told] == [
        ("a.mech", True, True, 0),
        ("bad.mech", False, False, 1),
        ("one.mech", False, False, 0),
    ]


def test_a_file_that_may_only_be_read_is_left(mscnet, folder, monkeypatch):
    (folder / "a.mech").write_text(UNTIDY)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert mscnet("format a.mech").code == 1
    assert (folder / "a.mech").read_text() == UNTIDY
