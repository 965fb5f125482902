"""Records are what the standard library's dataclasses are."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import Any

import pytest

from mscnet.records import FILLED_IN, dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Point:
    """A point."""

    x: float
    y: float = 2.0
    tags: list[str] = field(default_factory=list, compare=False, repr=False)


@dataclass
class Loose:
    x: int = 1


@dataclass(frozen=True, eq=False)
class Same:
    x: int


@dataclass(frozen=True)
class Checked:
    x: int

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("below 0")

    def __repr__(self) -> str:
        return "mine"


MAKERS: list[Any] = [Point, lambda *a, **n: [Point(1.0) for _ in range(FILLED_IN)] and Point(*a, **n)]


@pytest.fixture(params=MAKERS, ids=["first objects", "later objects"])
def point(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_fields_are_filled_in_order_by_name_and_by_default(point: Any) -> None:
    made = point(1.0, tags=["a"])
    assert (made.x, made.y, made.tags) == (1.0, 2.0, ["a"])


def test_default_factories_give_each_its_own(point: Any) -> None:
    assert point(1.0).tags is not point(1.0).tags


@pytest.mark.parametrize(("given", "named"), [((), {}), ((1, 2, [], 4), {}), ((1,), {"x": 2}), ((1,), {"z": 2})])
def test_wrong_arguments_are_a_type_error_that_names_the_class(point: Any, given: Any, named: Any) -> None:
    with pytest.raises(TypeError, match=r"Point\.__init__\(\)"):
        point(*given, **named)


def test_equal_fields_are_equal_objects_with_equal_hashes(point: Any) -> None:
    assert point(1.0, tags=["a"]) == point(1.0)
    assert len({point(1.0), point(1.0), point(3.0)}) == 2


def test_the_text_is_that_of_a_dataclass(point: Any) -> None:
    assert repr(point(1.0)) == "Point(x=1.0, y=2.0)"


def test_frozen_objects_take_no_assignment(point: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="'x'"):
        point(1.0).x = 3.0
    with pytest.raises(dataclasses.FrozenInstanceError, match="'x'"):
        del point(1.0).x


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_objects_are_copied_and_pickled(again: Any) -> None:
    assert again(Point(1.0, 3.0)) == Point(1.0, 3.0)


def test_replace_and_asdict_work() -> None:
    assert dataclasses.asdict(replace(Point(1.0), y=5.0)) == {"x": 1.0, "y": 5.0, "tags": []}


def test_the_signature_is_that_of_the_fields() -> None:
    assert list(inspect.signature(Point).parameters) == ["x", "y", "tags"]


def test_a_mutable_record_is_equal_by_value_and_has_no_hash() -> None:
    made = Loose()
    made.x = 2
    assert made == Loose(2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(made)


def test_without_eq_only_the_object_itself_is_equal() -> None:
    one = Same(1)
    assert one != Same(1)
    assert one in {one}


@pytest.mark.parametrize("objects", [1, FILLED_IN + 2])
def test_checks_after_init_run(objects: int) -> None:
    for _ in range(objects):
        with pytest.raises(ValueError, match="below 0"):
            Checked(-1)


def test_methods_of_the_class_itself_stay() -> None:
    assert repr(Checked(1)) == "mine"
