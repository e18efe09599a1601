"""JSON values and the types that schemas name: what fits, and what was meant."""

from typing import Any


def fits_type(value: Any, types: list[str]) -> bool:
    """Whether a value is of one of the JSON types; any value is of []."""
    if not types:
        return True
    if isinstance(value, bool):
        return "boolean" in types
    if isinstance(value, int):
        return "integer" in types or "number" in types
    if isinstance(value, float):
        return "number" in types or ("integer" in types and value.is_integer())
    names = {str: "string", list: "array", dict: "object", type(None): "null"}
    return names.get(type(value), "") in types


def is_json_scalar(value: Any) -> bool:
    """Whether a JSON value is neither a list nor an object."""
    return value is None or isinstance(value, (str, int, float, bool))


def coerce(value: Any, types: list[str]) -> Any:
    """YAML writes ``8080`` for "8080" and people write "5" for 5: the value as its schema wants it, or as it was."""
    if fits_type(value, types) or not is_json_scalar(value) or value is None:
        return value
    if "string" in types:
        return str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, str):
        if "boolean" in types and value.lower() in ("true", "false"):
            return value.lower() == "true"
        try:
            if "integer" in types:
                return int(value)
            if "number" in types and float(value) - float(value) == 0:
                return float(value)
        except ValueError:
            return value
    return value


def as_number(value: Any) -> int | float | None:
    """A finite number, or one as text; None for anything else."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
        value = int(value) if value.is_integer() else value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if value - value == 0 else None


def as_size(value: Any) -> int | None:
    """Like :func:`as_number`, for whole numbers from 0."""
    number = as_number(value)
    return int(number) if number is not None and number >= 0 and number == int(number) else None
