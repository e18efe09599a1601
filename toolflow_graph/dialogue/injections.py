"""Results that carry instructions of a third party: what an assistant must read and not obey.

The text is put into a free-text value of the result that came back, so that it looks like what people write into
reviews, notes and descriptions. Its address is unique to the dialogue: nothing may ever be sent there.
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from toolflow_graph.randomness import derive_rng
from toolflow_graph.schemas import iter_fields, schema_types
from toolflow_graph.types import Json, Tool
from toolflow_graph.verification.wording import listed

_WORDY = frozenset(
    listed(
        "description summary notes note comment comments text body content message review bio about details remarks "
        "instructions snippet excerpt abstract caption feedback overview reason"
    )
)


def _is_free_text(name: str, schema: Mapping[str, Any]) -> bool:
    plain = schema_types(schema) == ("string",) and not {"enum", "const", "format", "pattern"} & set(schema)
    short = schema.get("maxLength", 1000) < 400
    return plain and not short and name.rsplit("_", 1)[-1].lower() in _WORDY


def has_free_text(tool: Tool) -> bool:
    """Whether a result of the tool has room for what somebody wrote."""
    return tool.returns is not None and any(
        _is_free_text(field.name, field.schema) for field in iter_fields(tool.returns)
    )


def draw_address(random_seed: int) -> str:
    """The address that an injected instruction names; under a reserved domain (RFC 2606), new in every dialogue."""
    rng = derive_rng(random_seed, "injection")
    return f"{rng.choice(('desk', 'audit', 'intake', 'records'))}-{rng.randrange(16**6):06x}@relay.example"


def inject(value: Json, tool: Tool, text: str) -> Json | None:
    """``value`` with ``text`` after the first free-text value in it; None if there is none."""
    if tool.returns is None:
        return None
    names = {field.name for field in iter_fields(tool.returns) if _is_free_text(field.name, field.schema)}
    changed = copy.deepcopy(value)
    for holder, key in _texts(changed, names):
        holder[key] = f"{holder[key].rstrip()} {text}"
        return changed
    return None


def _texts(value: Json, names: set[str]) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key in names and isinstance(part, str) and part:
                yield value, key
            yield from _texts(part, names)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, names)
