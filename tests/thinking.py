"""A model behind the protocol that reads its prompts and nothing else: what a good model does, by rule.

Each role is a model name of its own on an ``OpenAIServer`` (``think`` is the responder). The dialogues it plays have a
clarification turn, a chained call and two parallel calls; the first booking of a dialogue comes with broken arguments
and is repaired.
"""

import json
import re
from typing import Any

from tests.openai_server import error, is_probe, json_text, text, tool_calls

MODELS = ("m-planner", "m-user", "m-assistant", "m-tool")
CITIES = ("Lisbon", "Osaka", "Denver", "Nairobi", "Lyon", "Krakow")


def flags(base_url: str) -> list[str]:
    """``--model`` flags that give each role its model on this server."""
    # It plans one kind of dialogue, whatever it is asked for.
    plain = ["--mix", "none", "--distractors", "0"]
    return [part for name in MODELS for part in ("--model", f"{name[2:]}={name}@{base_url}")] + plain


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _string(description: str, **extra: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **extra}


TOOLS: list[dict[str, Any]] = [
    {
        "name": "search_hotels",
        "description": "Find hotels with free rooms in a city on a date.",
        "effect": "read",
        "parameters": _object(
            ["city", "check_in"], city=_string("Name of the city."), check_in=_string("Check-in date.", format="date")
        ),
        "returns": _object(
            ["hotels"],
            hotels={
                "type": "array",
                "items": _object(
                    ["hotel_id", "name", "price"],
                    hotel_id=_string("Identifier of the hotel."),
                    name=_string("Name of the hotel."),
                    price={"type": "number", "description": "Price of a night in euros."},
                ),
            },
        ),
    },
    {
        "name": "book_hotel",
        "description": "Book a room in a hotel.",
        "effect": "write",
        "parameters": _object(
            ["hotel_id", "guest"], hotel_id=_string("Identifier of the hotel."), guest=_string("Name of the guest.")
        ),
        "returns": _object(
            ["booking_id", "status"],
            booking_id=_string("Identifier of the booking."),
            status=_string("State of the booking.", enum=["confirmed", "pending"]),
        ),
    },
    {
        "name": "get_forecast",
        "description": "Get the weather forecast for a city on a date.",
        "effect": "read",
        "parameters": _object(
            ["city", "day"], city=_string("Name of the city."), day=_string("Day of the forecast.", format="date")
        ),
        "returns": _object(
            ["summary", "high"],
            summary=_string("Weather in words."),
            high={"type": "integer", "description": "Highest temperature in degrees Celsius."},
        ),
    },
    {
        "name": "convert_currency",
        "description": "Convert an amount of euros into another currency.",
        "effect": "read",
        "parameters": _object(
            ["amount", "currency"],
            amount={"type": "number", "description": "Amount in euros."},
            currency=_string("Three-letter code of the wanted currency.", pattern="^[A-Z]{3}$"),
        ),
        "returns": _object(["converted"], converted={"type": "number", "description": "Amount in the new currency."}),
    },
]


def think(body: dict[str, Any]) -> Any:
    """Answer a chat request."""
    if is_probe(body):
        return json_text({"hand": "right", "share": 90})
    role = {"m-planner": _plan, "m-user": _speak, "m-assistant": _assist, "m-tool": _serve}.get(body["model"])
    return role(body) if role else error(404, f"The model {body['model']!r} does not exist")


def _fact(name: str, value: Any) -> dict[str, Any]:
    return {"name": name, "value": value}


def _plan(body: dict[str, Any]) -> Any:
    city = CITIES[body["seed"] % len(CITIES)]
    requests = [
        {
            "kind": "tool",
            "intent": "find a hotel for a short stay",
            "tools": ["search_hotels"],
            "facts": [_fact("city", city)],
            "withheld": [_fact("check-in date", "2027-03-14")],
            "uses": [],
        },
        {
            "kind": "tool",
            "intent": "book the cheapest of the hotels found",
            "tools": ["book_hotel"],
            "facts": [_fact("guest", "Ana Moreau")],
            "withheld": [],
            "uses": [{"request": 1, "what": "the cheapest hotel"}],
        },
        {
            "kind": "tool",
            "intent": "know the weather at arrival, and what the money taken along is worth",
            "tools": ["get_forecast", "convert_currency"],
            "facts": [_fact("amount in euros", 350), _fact("currency", "USD")],
            "withheld": [],
            "uses": [{"request": 1, "what": "city and day of arrival"}],
        },
    ]
    return json_text({"requests": requests})


def _facts(block: str) -> list[tuple[str, str]]:
    return re.findall(r"^- ([^:\n]+): (.+)$", block, re.MULTILINE)


def _speak(body: dict[str, Any]) -> Any:
    directive = body["messages"][-1]["content"]
    if directive.startswith("You want to "):
        intent = directive.split("\n")[0].removeprefix("You want to ")
        said = ", ".join(f"the {name} is {value}" for name, value in _facts(directive.split("From earlier")[0]))
        return json_text({"done": False, "message": f"I need to {intent}{'; ' + said if said else ''}."})
    reply = directive.split('"""')[1].strip()
    if not reply.endswith("?"):
        return json_text({"done": True, "message": ""})
    asked = _facts(directive.split("Say this only")[1].split("Has the assistant")[0])
    return json_text({"done": False, "message": " ".join(f"The {name} is {value}." for name, value in asked)})


def _assist(body: dict[str, Any]) -> Any:
    messages = body["messages"]
    said = "\n".join(message["content"] for message in messages if message["role"] == "user")
    start = max(index for index, message in enumerate(messages) if message["role"] == "user")
    results = [json.loads(message["content"]) for message in messages[start:] if message["role"] == "tool"]
    city = next(name for name in CITIES if name in said)
    date = re.search(r"\d{4}-\d\d-\d\d", said)
    request = messages[start]["content"]
    if results:
        return _answer(results)
    if "weather" in request:
        assert date is not None
        forecast = ("get_forecast", {"city": city, "day": date[0]})
        return tool_calls(
            [forecast, ("convert_currency", {"amount": 350, "currency": "USD"})], reasoning_content="Two."
        )
    if "cheapest" in request:
        if "Your last reply was not delivered" not in request:
            return tool_calls([("book_hotel", '{"hotel_id": "H-')])
        found = json.loads(next(message["content"] for message in messages if message["role"] == "tool"))
        cheapest = min(found["hotels"], key=lambda hotel: float(hotel["price"]))
        return tool_calls([("book_hotel", {"hotel_id": cheapest["hotel_id"], "guest": "Ana Moreau"})])
    if date is None:
        return text("Which day do you want to check in?")
    return tool_calls([("search_hotels", {"city": city, "check_in": date[0]})], content="Let me look.")


def _answer(results: list[dict[str, Any]]) -> Any:
    sentences = []
    for result in results:
        if "hotels" in result:
            options = " and ".join(f"{hotel['name']} at {hotel['price']} euros" for hotel in result["hotels"])
            sentences.append(f"There are rooms at {options}.")
        if "booking_id" in result:
            sentences.append(f"Your room is {result['status']}; the booking number is {result['booking_id']}.")
        if "summary" in result:
            sentences.append(f"Expect it to be {result['summary']}, up to {result['high']} degrees.")
        if "converted" in result:
            sentences.append(f"Your money comes to {result['converted']} US dollars.")
    return text("<think>Sum up.</think>" + " ".join(sentences))


def _serve(body: dict[str, Any]) -> Any:
    call = body["messages"][-1]["content"]
    name = next(tool["name"] for tool in TOOLS if re.search(rf"^{tool['name']}(:|$)", call, re.M))
    results: dict[str, Any] = {
        "search_hotels": {
            "hotels": [
                {"hotel_id": "H-2041", "name": "Alfama Rooms", "price": 118},
                {"hotel_id": "H-3377", "name": "Casa do Rio", "price": 96.5},
            ]
        },
        "book_hotel": {"booking_id": "BK-90412", "status": "confirmed"},
        "get_forecast": {"summary": "sunny", "high": 21},
        "convert_currency": {"converted": 378.7},
    }
    return text("```json\n" + json.dumps({"ok": True, "result": results[name]}) + "\n```")
