"""The rule that a dialogue's world stays true: what has an identifier keeps its name."""

import re
from collections.abc import Iterator

from toolflow_graph.types import Json
from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.transcript import Transcript

_ID = re.compile(r"^(?:(?P<snake>.+)_id|(?P<camel>.+)Id|id)$")
_NAMED = ("name", "title", "full_name", "email", "date_of_birth", "iso_code")
_MOST = 400

Named = tuple[str, str, str, str]
"""(what kind of thing, its identifier, which of its names, the name)."""


@rule(
    "inconsistent_world",
    "error",
    "What has an identifier has another name than an earlier result gave it, although nothing was written.",
)
def inconsistent_world(transcript: Transcript) -> Iterator[Spot]:
    known: dict[tuple[str, str, str], str] = {}
    for index, site in sorted(transcript.site_of_result.items()):
        assert site.result is not None
        if not site.succeeded:
            continue
        if not transcript.is_read(site.call.name):
            # Whatever was changed may have changed a name, its own result included.
            known.clear()
            continue
        for kind, identifier, which, name in _names_in(site.result.value):
            before = known.setdefault((kind, identifier, which), name)
            if before.casefold().split() != name.casefold().split() and index >= transcript.focus:
                what = f"{which} of {kind or 'the one with id'} {identifier!r}"
                yield (
                    index,
                    f"the {what} was {before[:60]!r} before and is {name[:60]!r} now; the same thing keeps its name",
                )
                break


def _names_in(value: Json) -> list[Named]:
    found: list[Named] = []
    _walk(value, found)
    return found


def _walk(value: Json, found: list[Named]) -> None:
    if len(found) >= _MOST:
        return
    if isinstance(value, dict):
        for key, identifier in value.items():
            match = _ID.match(key)
            if match is None or not isinstance(identifier, str | int) or isinstance(identifier, bool):
                continue
            text = str(identifier)
            # Short numbers name a different thing in every list.
            if len(text) < 4 or not any(char.isdigit() for char in text):
                continue
            kind = match["snake"] or match["camel"] or ""
            for which in _NAMED:
                name = value.get(f"{kind}_{which}") if match["snake"] else value.get(_camel(kind, which))
                if isinstance(name, str) and name.strip():
                    found.append((kind, text, which, name.strip()))
        for part in value.values():
            _walk(part, found)
    elif isinstance(value, list):
        for part in value:
            _walk(part, found)


def _camel(kind: str, which: str) -> str:
    words = which.title().replace("_", "")
    return f"{kind}{words}" if kind else which
