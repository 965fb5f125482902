"""Starts over processes, and the file that keeps them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mscnet.diagnostics import MechanismError
from mscnet.inference.checkpoint import NAME, Checkpoint
from mscnet.inference.result import Start
from mscnet.inference.settings import FitSettings
from mscnet.inference.stages import number_to_finish, to_finish, with_finished
from mscnet.inference.workers import run_starts
from mscnet.records import replace
from tests.inference.fit_toys import ToyTask

MARKS = {"model": "a", "data": "b", "settings": "c"}


def collected(task, jobs, numbers=(1, 2, 3, 4, 5, 6)):
    found = {}
    run_starts(task, numbers, jobs, lambda start: found.update({start.number: start}), lambda *_: None)
    return found


def start(number=1, cost=2.0):
    return Start(number, np.array([0.1, 1 / 3]), np.array([0.2, 1e-17]), 10.0, cost, 12, 0.5, "done")


def same(one, two):
    return one.begin.tolist() == two.begin.tolist() and one.end.tolist() == two.end.tolist() and one.cost == two.cost


@pytest.mark.slow
def test_starts_are_the_same_in_one_process_and_in_two() -> None:
    one, two = collected(ToyTask(), 1), collected(ToyTask(), 2)
    assert sorted(two) == [1, 2, 3, 4, 5, 6]
    assert all(same(one[n], two[n]) for n in one)


def test_a_worker_that_dies_is_told_with_its_exit_code() -> None:
    with pytest.raises(MechanismError, match="exit code 7"):
        collected(ToyTask(trouble="dies"), 2)


def test_an_error_in_a_worker_is_that_of_the_fit() -> None:
    with pytest.raises(RuntimeError, match="made to break"):
        collected(ToyTask(trouble="breaks"), 2)


def test_an_interrupt_between_starts_ends_the_workers() -> None:
    def interrupt(_start):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_starts(ToyTask(FitSettings(starts=50)), range(1, 51), 2, interrupt, lambda *_: None)
    import multiprocessing

    assert multiprocessing.active_children() == []


# --- the file of finished starts ------------------------------------------------------------------


def test_starts_are_read_back_bit_for_bit(tmp_path) -> None:
    kept = Checkpoint(tmp_path, MARKS, 3, False)
    kept.add(start())
    kept.close()
    again = Checkpoint(tmp_path, MARKS, 3, True)
    again.close()
    assert same(again.starts[1], start())


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_half_written_line_is_dropped(tmp_path, cut) -> None:
    kept = Checkpoint(tmp_path, MARKS, 3, False)
    kept.add(start(1))
    kept.add(start(2))
    kept.close()
    content = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(content[:-cut])
    again = Checkpoint(tmp_path, MARKS, 3, True)
    again.add(start(3))
    again.close()
    lines = (tmp_path / NAME).read_text().splitlines()
    assert [json.loads(line).get("number") for line in lines] == [None, 1, 3]


def test_a_file_cut_anywhere_gives_the_starts_before_the_cut(tmp_path) -> None:
    kept = Checkpoint(tmp_path, MARKS, 3, False)
    kept.add(start(1))
    kept.add(start(2))
    kept.close()
    content = (tmp_path / NAME).read_bytes()
    for cut in range(len(content) + 1):
        (tmp_path / NAME).write_bytes(content[:cut])
        again = Checkpoint(tmp_path, MARKS, 3, True)
        again.close()
        assert len(again.starts) == max(content[:cut].count(b"\n") - 1, 0)


def test_another_fit_is_refused_and_named(tmp_path) -> None:
    Checkpoint(tmp_path, MARKS, 3, False).close()
    with pytest.raises(MechanismError, match="other data"):
        Checkpoint(tmp_path, {**MARKS, "data": "z"}, 3, True)


def test_an_unfinished_fit_is_not_begun_anew_by_chance(tmp_path) -> None:
    kept = Checkpoint(tmp_path, MARKS, 3, False)
    kept.add(start())
    kept.close()
    with pytest.raises(MechanismError, match="1 of its 3 starts"):
        Checkpoint(tmp_path, MARKS, 3, False)


def test_a_finished_fit_is_begun_anew(tmp_path) -> None:
    kept = Checkpoint(tmp_path, MARKS, 1, False)
    kept.add(start())
    kept.close()
    again = Checkpoint(tmp_path, MARKS, 1, False)
    again.close()
    assert again.starts == {}


def test_a_file_of_something_else_is_left_alone(tmp_path) -> None:
    (tmp_path / NAME).write_text("my own notes\n")
    with pytest.raises(MechanismError, match="no record of a fit"):
        Checkpoint(tmp_path, MARKS, 3, True)
    assert (tmp_path / NAME).read_text() == "my own notes\n"


def test_two_fits_at_once_do_not_share_a_folder(tmp_path) -> None:
    pytest.importorskip("fcntl")
    kept = Checkpoint(tmp_path, MARKS, 3, False)
    with pytest.raises(MechanismError, match="another process"):
        Checkpoint(tmp_path, MARKS, 3, True)
    kept.close()


# --- which starts are searched on -----------------------------------------------------------------


def rough(number, cost):
    return replace(start(number, cost), rough=True)


def test_a_quarter_of_the_starts_is_searched_on_and_three_at_least() -> None:
    assert [number_to_finish(n) for n in (1, 3, 8, 12, 13, 20)] == [1, 3, 3, 3, 4, 5]


def test_the_best_are_searched_on() -> None:
    starts = {n: rough(n, cost) for n, cost in enumerate([5.0, 1.0, 4.0, 2.0, 3.0], 1)}
    assert [each.number for each in to_finish(starts)] == [2, 4, 5]


def test_what_was_searched_on_takes_the_place_of_its_start() -> None:
    starts = {n: rough(n, float(n)) for n in (1, 2, 3, 4)}
    found = with_finished(starts, {2: start(2, 0.5)})
    assert [(each.cost, each.rough) for each in found] == [(1.0, True), (0.5, False), (3.0, True), (4.0, True)]


def test_what_was_searched_on_among_fewer_starts_counts_only_while_it_is_among_the_best() -> None:
    starts = {n: rough(n, float(-n)) for n in range(1, 7)}
    assert with_finished(starts, {1: start(1, -9.0)})[0].cost == -1.0


def test_a_checkpoint_keeps_both_ends_of_a_start_that_was_searched_on(tmp_path) -> None:
    kept = Checkpoint(tmp_path, MARKS, 1, False)
    kept.add(rough(1, 2.0))
    kept.add(start(1, 1.0))
    kept.close()
    again = Checkpoint(tmp_path, MARKS, 1, True)
    again.close()
    assert (again.starts[1].cost, again.further[1].cost) == (2.0, 1.0)


def test_a_fit_whose_best_have_not_been_searched_on_is_not_begun_anew_by_chance(tmp_path) -> None:
    kept = Checkpoint(tmp_path, MARKS, 1, False)
    kept.add(rough(1, 2.0))
    kept.close()
    with pytest.raises(MechanismError, match="1 starts to search on"):
        Checkpoint(tmp_path, MARKS, 1, False)
