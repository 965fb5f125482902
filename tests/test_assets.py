"""The grammars and mechanisms that ship with mscnet are found, by name, wherever the process stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from mscnet import assets


def test_every_mech_file_of_the_checkout_has_its_stem_as_a_name(checkout: Path) -> None:
    stems = sorted(file.stem for file in (checkout / "mechanisms").rglob("*.mech"))
    assert list(assets.mechanism_names()) == stems


def test_a_mechanism_comes_with_the_name_that_messages_call_it_by(checkout: Path) -> None:
    shown, text = assets.mechanism_text("cdtese")
    assert (shown, text) == ("mechanisms/cdtese/cdtese.mech", (checkout / shown).read_text(encoding="utf-8"))


def test_a_grammar_is_read_by_its_file_name(checkout: Path) -> None:
    assert assets.grammar_text("mech.lark") == (checkout / "grammars/mech.lark").read_text(encoding="utf-8")


def test_an_unknown_mechanism_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        assets.mechanism_text("no_such_mechanism")


def test_an_unknown_grammar_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        assets.grammar_text("no_such_grammar.lark")


def test_a_mechanism_in_the_working_directory_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mechanisms").mkdir()
    (tmp_path / "mechanisms" / "stray.mech").write_text("A -> B @ 1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assets._mechanisms.cache_clear()
    assets.place.cache_clear()
    assert "stray" not in assets.mechanism_names()
