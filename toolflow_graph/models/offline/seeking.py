"""With what somebody looks for a thing that they have just made, so that it is found: its day, its title."""

from collections.abc import Mapping
from typing import Any

from toolflow_graph.models.offline.fields import Field
from toolflow_graph.models.offline.views import View


def sought_for(view: View, arguments: Mapping[str, Any], meaning: Field) -> str | None:
    """The value for a search's parameter of this meaning; ``view`` and ``arguments`` are those of the making call."""
    plain = [(leaf.field, arguments.get(leaf.path)) for leaf in view.params if "." not in leaf.path]
    if meaning.kind == "query":
        return next((part for field, part in plain if field.kind == "title" and isinstance(part, str)), None)
    if meaning.kind not in ("date", "datetime") or meaning.past or "birth" in meaning.name:
        return None
    days = [part for field, part in plain if field.kind in ("date", "datetime") and field.edge != "end"]
    day = next((part[:10] for part in days if isinstance(part, str)), None)
    if day is None or meaning.kind == "date":
        return day
    return f"{day}T{'23:00' if meaning.edge == 'end' else '07:00'}:00"
