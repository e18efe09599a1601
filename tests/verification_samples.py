"""A clean dialogue with a plan, in the record's shape, for tests to break."""

import copy
import json
from typing import Any

from toolflow_graph.types import Finding, Verdict
from toolflow_graph.verification import parse_dialogue, verify

Data = dict[str, Any]

_CODE = {"type": "string", "pattern": "^[A-Z]{3}$", "description": "Three-letter IATA airport code."}
_DATE = {"type": "string", "format": "date"}


def _tool(name: str, effect: str, properties: Data, required: list[str], returns: Data) -> Data:
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    result = {"type": "object", "properties": returns, "required": list(returns)}
    function = {"name": name, "description": f"{name.replace('_', ' ').capitalize()}.", "parameters": parameters}
    return {"type": "function", "function": {**function, "returns": result, "effect": effect}}


_FLIGHT = {
    "type": "object",
    "properties": {"flight_id": {"type": "string"}, "price": {"type": "number"}},
    "required": ["flight_id", "price"],
}

TOOLS = [
    _tool(
        "search_flights",
        "read",
        {
            "origin": _CODE,
            "destination": _CODE,
            "date": _DATE,
            "cabin": {"type": "string", "enum": ["economy", "business"], "default": "economy"},
        },
        ["origin", "destination", "date"],
        {"flights": {"type": "array", "items": _FLIGHT}},
    ),
    _tool(
        "book_flight",
        "write",
        {"flight_id": {"type": "string"}, "passenger_name": {"type": "string"}, "seats": {"type": "integer"}},
        ["flight_id", "passenger_name"],
        {"booking_id": {"type": "string"}, "total": {"type": "number"}},
    ),
    _tool(
        "get_weather_forecast",
        "read",
        {"city": {"type": "string"}, "date": _DATE},
        ["city", "date"],
        {"summary": {"type": "string"}, "high": {"type": "number"}},
    ),
    _tool(
        "send_email_message",
        "write",
        {"to": {"type": "string", "format": "email"}, "subject": {"type": "string"}, "body": {"type": "string"}},
        ["to", "subject", "body"],
        {"message_id": {"type": "string"}},
    ),
]


def user(content: str) -> Data:
    return {"role": "user", "content": content}


def says(content: str) -> Data:
    return {"role": "assistant", "content": content}


def calls(*made: tuple[str, str, Data]) -> Data:
    entries = [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for call_id, name, arguments in made
    ]
    return {"role": "assistant", "content": None, "tool_calls": entries}


def brings(call_id: str, value: Any) -> Data:
    return {"role": "tool", "content": value if isinstance(value, str) else json.dumps(value), "tool_call_id": call_id}


_CLEAN: Data = {
    "schema_version": "1",
    "id": "sample",
    "seed": {"index": 0, "now": "2026-03-07T10:00", "profile": {}},
    "tools": TOOLS,
    "messages": [
        {"role": "system", "content": "You are a helpful assistant.\n\nIt is Saturday, 2026-03-07 10:00."},
        user("I'm looking for an economy flight from Berlin to Lisbon next Friday."),
        calls(("call_1", "search_flights", {"origin": "BER", "destination": "LIS", "date": "2026-03-13"})),
        brings(
            "call_1",
            {"flights": [{"flight_id": "FL-48213", "price": 129.5}, {"flight_id": "FL-48377", "price": 171.0}]},
        ),
        says("There are two on Friday, 13 March: FL-48213 for 129.50 EUR and FL-48377 for 171 EUR."),
        user("Book the cheaper one for me, please."),
        says("Gladly. Under which name should I book the seat?"),
        user("Marta Kowalska, and it's just me."),
        calls(
            ("call_2", "book_flight", {"flight_id": "FL-48213", "passenger_name": "Marta Kowalska", "seats": 1}),
        ),
        brings("call_2", {"booking_id": "BK-70031", "total": 129.5}),
        says("I've booked FL-48213 for Marta Kowalska. The booking number is BK-70031, and the total is 129.50 EUR."),
        user("What will the weather in Lisbon be that day? And please mail the number to marta.k@lindenmail.org."),
        calls(
            ("call_3", "get_weather_forecast", {"city": "Lisbon", "date": "2026-03-13"}),
            (
                "call_4",
                "send_email_message",
                {"to": "marta.k@lindenmail.org", "subject": "Your flight", "body": "Your booking number is BK-70031."},
            ),
        ),
        brings("call_3", {"summary": "sunny", "high": 19.5}),
        brings("call_4", {"message_id": "MSG-5521"}),
        says("It should be sunny with a high of 19.5 degrees, and I've sent the number to marta.k@lindenmail.org."),
    ],
    "plan": {
        "requests": [
            {
                "kind": "tool",
                "intent": "find a flight",
                "tools": ["search_flights"],
                "facts": [
                    {"name": "from", "value": "Berlin"},
                    {"name": "to", "value": "Lisbon"},
                    {"name": "date", "value": "2026-03-13", "parameter": "search_flights:date"},
                ],
            },
            {
                "kind": "tool",
                "intent": "book the cheaper flight",
                "tools": ["book_flight"],
                "withheld": [
                    {"name": "passenger", "value": "Marta Kowalska", "parameter": "book_flight:passenger_name"},
                ],
            },
            {
                "kind": "tool",
                "intent": "learn the weather and mail the booking number",
                "tools": ["get_weather_forecast", "send_email_message"],
                "facts": [{"name": "address", "value": "marta.k@lindenmail.org"}],
            },
        ]
    },
    "request_starts": [1, 5, 11],
    "verdict": {"accepted": True},
    "ended": "plan_done",
}


def clean() -> Data:
    """A fresh copy."""
    return copy.deepcopy(_CLEAN)


def judge(data: Any) -> Verdict:
    return verify(parse_dialogue(data))


def codes(data: Any) -> set[str]:
    return {finding.code for finding in judge(data).findings}


def reasons(findings: list[Finding]) -> str:
    return "\n".join(f"{finding.code}: {finding.reason}" for finding in findings)
