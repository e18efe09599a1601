"""What a function returns, as JSON; how it fails, as a service's error."""

import dataclasses
import datetime
import enum
import json
import math
import os
import subprocess
import sys
import uuid
from collections import OrderedDict, deque
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, RootModel

from toolflow_graph.backends.answers import (
    MOST_BYTES,
    Troubles,
    build_answer,
    clean_message,
    explain_exception,
)
from toolflow_graph.backends.plain import NotPlain, to_plain
from toolflow_graph.types import Json, Tool, ToolCall
from toolflow_graph.verification.rules.calls import MOST_RESULT_BYTES

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
ANYTHING = st.recursive(
    st.none()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(st.characters(exclude_categories=()))
    | st.binary()
    | st.dates()
    | st.datetimes()
    | st.timedeltas()
    | st.uuids()
    | st.builds(object),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.integers() | st.text() | st.none() | st.tuples(st.integers()), inner, max_size=3)
        | st.sets(st.integers() | st.text(), max_size=4)
    ),
    max_leaves=8,
)
TOOL = Tool(name="t")
CALL = ToolCall(id="c1", name="t")


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Flight:
    number: str
    at: datetime.datetime
    price: Decimal


class Hotel(BaseModel):
    stars: int
    nights: set[datetime.date] = set()
    guest_name: str = Field(default="Ann", serialization_alias="guestName")


@given(JSON)
def test_json_stays_as_it_is(value: Json) -> None:
    plain = to_plain(value)
    assert plain == value
    assert json.dumps(plain) == json.dumps(value)  # 1, 1.0 and True are equal, but not the same


@given(ANYTHING)
def test_anything_is_plain_json_or_told(value: Any) -> None:
    try:
        plain = to_plain(value)
    except NotPlain:
        return
    text = json.dumps(plain, allow_nan=False, ensure_ascii=False)
    text.encode()
    assert json.loads(text) == plain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime.date(2026, 3, 2), "2026-03-02"),
        (datetime.datetime(2026, 3, 2, 9, 30), "2026-03-02T09:30:00"),
        (datetime.time(9, 30), "09:30:00"),
        (datetime.timedelta(minutes=2), 120.0),
        (Decimal("12.50"), 12.5),
        (Decimal("12"), 12),
        (Decimal("1E+2"), 100),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (Path("a") / "b.txt", "a/b.txt"),
        (Point(1, 2), {"x": 1, "y": 2}),
        ((1, deque([2])), [1, [2]]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        ({2: "a", None: "b", True: "c"}, {"2": "a", "null": "b", "true": "c"}),
        ({datetime.date(2026, 3, 2): 1, Colour.RED: 2}, {"2026-03-02": 1, "red": 2}),
        (Flight("XY1", datetime.datetime(2026, 3, 2), Decimal("9.99")), None),
        (Hotel(stars=4, nights={datetime.date(2026, 3, 3), datetime.date(2026, 3, 2)}), None),
        (RootModel[list[int]]([1]), [1]),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.array([[1, 2]]), [[1, 2]]),
        (np.bool_(True), True),
        ("half \ud83d", "half \ufffd"),
    ],
)
def test_conversions(value: Any, expected: Json) -> None:
    plain = to_plain(value)
    if isinstance(value, Flight):
        expected = {"number": "XY1", "at": "2026-03-02T00:00:00", "price": 9.99}
    if isinstance(value, Hotel):
        expected = {"stars": 4, "nights": ["2026-03-02", "2026-03-03"], "guestName": "Ann"}
    assert plain == expected
    assert type(plain) is type(expected)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (math.nan, "nan"),
        ({"rates": [1.0, math.inf]}, "at rates[1]"),
        (Decimal("NaN"), "NaN"),
        (Decimal("sNaN"), "sNaN"),
        (Decimal("1E+999999"), "too large"),
        (b"raw", "bytes"),
        ({"a": {"b": object()}}, "object at a.b"),
        ((item for item in [1]), "generator"),
        ({"1": 0, 1: 1}, "two keys"),
        ({(1, 2): 0}, "key of type tuple"),
    ],
)
def test_what_is_no_json_is_told_with_its_place(value: Any, said: str) -> None:
    with pytest.raises(NotPlain) as caught:
        to_plain(value)
    assert said in str(caught.value)


def test_a_value_that_holds_itself() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(NotPlain, match="levels"):
        to_plain(loop)


def test_nothing_is_shared_with_what_was_returned() -> None:
    kept = {"items": [1]}
    plain = to_plain(kept)
    kept["items"].append(2)
    assert plain == {"items": [1]}


def test_sets_have_the_same_order_in_every_process() -> None:
    code = "from toolflow_graph.backends.plain import to_plain; print(to_plain({c * 3 for c in 'abcdefghijkl'}))"
    outputs = {
        subprocess.check_output([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed})
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


def test_answers() -> None:
    assert build_answer(TOOL, CALL, None).value is None
    assert build_answer(TOOL, CALL, {"a": 1}).to_json() == {"call_id": "c1", "ok": True, "value": {"a": 1}}
    refused = build_answer(TOOL, CALL, {"error": "no such city"})
    assert (refused.ok, refused.error) == (False, {"message": "no such city"})
    own = TOOL.model_copy(update={"returns": {"type": "object", "required": ["error"]}})
    assert build_answer(own, CALL, {"error": "none today"}).ok


def test_a_huge_result_is_an_error_that_says_so() -> None:
    assert MOST_BYTES == MOST_RESULT_BYTES  # what the verifier takes
    fits = "x" * (MOST_BYTES - 2)
    assert build_answer(TOOL, CALL, fits).ok
    for value in (fits + "x", "é" * (MOST_BYTES // 2), list(range(10_000))):
        result = build_answer(TOOL, CALL, value)
        assert not result.ok
        assert result.error is not None
        assert result.error["code"] == "result_too_large"
        assert "at most 20,000" in result.error["message"]


def test_numbers_no_reader_can_take() -> None:
    with pytest.raises(NotPlain):
        build_answer(TOOL, CALL, 10**5000)


class CityNotFound(LookupError): ...


class HTTPGatewayError(Exception): ...


class Refused(Exception):
    code = "quota_exceeded"


def explain(error: BaseException, **arguments: Json) -> tuple[str, str]:
    return explain_exception(error, arguments, home="tests")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (CityNotFound("no city 'X'"), "city_not_found", "no city 'X'"),
        (HTTPGatewayError("down"), "http_gateway", "down"),
        (Refused("ten a day"), "quota_exceeded", "ten a day"),
        (ValueError("the date is past"), "invalid_request", "the date is past"),
        (KeyError("AB12"), "not_found", "There is no AB12."),
        (KeyError("no order AB12"), "not_found", "no order AB12"),
        (PermissionError(13, "Permission denied", "/home/ann/x"), "forbidden", "Permission denied"),
        (FileNotFoundError(2, "No such file or directory", "/home/ann/x"), "not_found", "No such file or directory"),
        (TimeoutError("too slow"), "timeout", "too slow"),
        (Exception("it broke"), "internal_error", "it broke"),
        (ValueError(), "invalid_request", "The service could not complete the request."),
        (TypeError("f() got an unexpected keyword"), "internal_error", "The service could not complete the request."),
        (IndexError("list index out of range"), "internal_error", "The service could not complete the request."),
        (
            json.JSONDecodeError("Expecting value", "", 0),
            "internal_error",
            "The service could not complete the request.",
        ),
        (subprocess.CalledProcessError(1, ["secret"]), "internal_error", "The service could not complete the request."),
    ],
)
def test_exceptions_are_what_a_service_would_say(error: Exception, code: str, message: str) -> None:
    assert explain(error) == (code, message)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cannot read /home/ann/data/cities.json now", "cannot read cities.json now"),
        ("cannot read '/home/ann smith/my data/cities.json'", "cannot read 'cities.json'"),
        (r"cannot read C:\Users\ann\cities.json", "cannot read cities.json"),
        ("see ~/data/x.db", "see x.db"),
        ("km/h and 10/20/30 and https://host/a/b stay", "km/h and 10/20/30 and https://host/a/b stay"),
        ("no file /tmp/mine/a.txt", "no file /tmp/mine/a.txt"),  # the call named it
        ("<Client object at 0x7f3a2b> failed", "<Client object> failed"),
        ("one\n  two\x1b[0m", "one two·[0m"),
        ("Traceback (most recent call last):\n  File \"/a/b.py\", line 1\nKeyError: 'x'", "KeyError: 'x'"),
        ("", "The service could not complete the request."),
    ],
)
def test_messages_hold_no_folder_and_no_address(text: str, expected: str) -> None:
    assert clean_message(text, {"path": "/tmp/mine/a.txt", "n": [1]}) == expected


@given(st.text())
def test_every_message_is_one_short_line(text: str) -> None:
    message = clean_message(text, {})
    assert message.isprintable()
    assert 0 < len(message) <= 500


def test_troubles_are_counted() -> None:
    troubles = Troubles()
    for reason in ("first", "second"):
        troubles.note("b", "timeout", reason)
    troubles.note("a", "not_found", "no x")
    assert troubles.render() == [
        "a: 1 call failed (not_found), first: no x",
        "b: 2 calls failed (timeout), first: first",
    ]
