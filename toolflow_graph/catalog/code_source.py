"""Tools that Python code holds or makes: ``package.module:attr`` or ``path/file.py:attr``."""

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from pydantic import ValidationError

from toolflow_graph.catalog.parsing import parse_document
from toolflow_graph.errors import UsageError
from toolflow_graph.references import load_reference
from toolflow_graph.types import Tool

_EXPECTED = "an iterable of Tool or dicts"
# A generator may never end.
_MOST = 500_000


def load_from_code(source: str) -> Any:
    """The object that ``source`` names, called if it is a function, as JSON-plain data (Tools stay Tools).

    Raises:
        UsageError: the code cannot be imported, fails, or gives something else than JSON-plain definitions.
    """
    value = load_reference(source, what="tool source")
    try:
        if callable(value) and not isinstance(value, (Mapping, Tool)):
            value = value()
        entries = list(islice(value, _MOST + 1)) if _is_iterable(value) else value
    except UsageError:
        raise
    # SystemExit: a script's ``main`` may end the process.
    except (Exception, SystemExit) as error:
        raise UsageError(f"{source!r} fails: {type(error).__name__}: {error}") from error
    if isinstance(entries, Mapping):
        return _plain(entries, repr(source))
    if not isinstance(entries, list):
        raise UsageError(f"{source!r} gives {type(value).__name__}", expected=_EXPECTED)
    if len(entries) > _MOST:
        raise UsageError(f"{source!r} gives more than {_MOST:,} tools", expected=_EXPECTED)
    return [_plain(entry, f"{source!r}, tool {index + 1}") for index, entry in enumerate(entries)]


def _is_iterable(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping, Tool))


def _plain(value: Any, place: str) -> Any:
    """The value as a file would hold it: keys are text, tuples are lists, there is no NaN and no circle."""
    definition = value.model_dump() if isinstance(value, Tool) else value
    try:
        text = json.dumps(definition, default=_as_dict, allow_nan=False)
        plain = parse_document(text, place) if isinstance(definition, Mapping) else json.loads(text)
        return Tool.model_validate(plain) if isinstance(value, Tool) else plain
    except ValidationError as error:
        raise UsageError(f"{place}: {error.errors(include_url=False)[0]['msg']}", expected=_EXPECTED) from None
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{place}: no JSON value: {error}", expected=_EXPECTED) from None


def _as_dict(value: Any) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} {value!r:.60}")
