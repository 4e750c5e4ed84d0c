from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from ftexp.errors import ConfigError
from ftexp.faults import validated
from ftexp.values import Value


class Bus(Value):
    kind: Literal["bus"]
    seats: int = Field(ge=1, description="a whole number from 1")


class Train(Value):
    kind: Literal["train"]
    cars: tuple[str, ...] = Field(min_length=1, description="a list of names")


Vehicle = Annotated[Bus | Train, Field(discriminator="kind", description="bus or train")]


class Trip(Value):
    title: str | None = Field(alias="name", default=None, description="text or null")
    vehicle: Vehicle
    day: date | None = Field(default=None, description="a date, or null")
    stops: dict[Annotated[str, Field(pattern="^[a-z]+$")], Vehicle] = Field(default_factory=dict, description="names in small letters")
    pace: float | Literal["slow"] = Field(default=1.0, description="a number, or slow")


def faults(**values: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        validated(Trip, {"vehicle": {"kind": "bus", "seats": 1}} | values)
    return list(caught.value.faults)


def test_good_values_become_the_model() -> None:
    trip = validated(Trip, {"name": "north", "vehicle": {"kind": "train", "cars": ["a"]}, "day": "2026-11-22", "pace": "slow"})
    assert (trip.title, trip.vehicle, trip.day) == ("north", Train(kind="train", cars=("a",)), date(2026, 11, 22))


def test_the_key_of_a_union_is_told_without_its_arms() -> None:
    assert faults(vehicle={"kind": "bus", "seats": 0}) == ["vehicle.seats: found 0, expected a whole number from 1"]
    assert faults(pace="fast") == ['pace: found "fast", expected a number, or slow']


def test_a_kind_is_told_as_it_was_written() -> None:
    assert faults(vehicle={"kind": None}) == ["vehicle.kind: found null, expected bus or train"]
    assert faults(vehicle={"seats": 1}) == ["vehicle.kind: missing; expected bus or train; set it as vehicle.kind=VALUE"]


def test_an_unknown_key_is_told_with_the_names_of_its_own_arm() -> None:
    assert faults(vehicle={"kind": "train", "cars": ["a"], "car": 1}) == ["vehicle.car: unknown key; did you mean cars?"]


def test_the_name_in_the_file_is_told_where_it_differs_from_the_field() -> None:
    assert faults(nam="x") == ["nam: unknown key; did you mean name?"]
    assert faults(name=3) == ["name: found 3, expected text or null"]


def test_a_key_of_a_dict_that_may_not_be_is_told_by_its_name() -> None:
    assert faults(stops={"North": {"kind": "bus", "seats": 2}}) == ['stops.North: found "North", expected names in small letters']
    assert faults(stops={"north": {"kind": "bus", "seats": "2"}}) == ['stops.north.seats: found "2", expected a whole number from 1']


def test_each_wrong_item_of_a_list_is_told_once() -> None:
    assert faults(vehicle={"kind": "train", "cars": ["a", 1, 2]}) == [
        "vehicle.cars.1: found 1, expected a list of names",
        "vehicle.cars.2: found 2, expected a list of names",
    ]
    assert faults(vehicle={"kind": "train", "cars": [1]}) == ["vehicle.cars.0: found 1, expected a list of names"]


def test_a_value_where_a_group_belongs_is_told() -> None:
    assert faults(vehicle=3) == ["vehicle: found 3, expected a group of keys"]


def test_a_long_value_is_shortened() -> None:
    assert faults(name=["字" * 200]) == ['name: found ["' + "字" * 75 + "..., expected text or null"]


def test_earlier_faults_come_first_and_alone_are_enough() -> None:
    with pytest.raises(ConfigError) as caught:
        validated(Trip, {"vehicle": 3}, ["first"])
    assert caught.value.faults == ("first", "vehicle: found 3, expected a group of keys")
    with pytest.raises(ConfigError, match=r"^first$"):
        validated(Trip, {"vehicle": {"kind": "bus", "seats": 1}}, ["first"])
