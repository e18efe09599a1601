"""A run folder or a file of dialogues -> entries, one at a time: records with a verdict, ours or made here."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from toolflow_graph.dataset.jsonl import ACCEPTED_NAME, REJECTED_NAME, read_jsonl
from toolflow_graph.dataset.reading import read_values
from toolflow_graph.evaluation.judgement import Judgement, read_judgement
from toolflow_graph.record import Record, Source
from toolflow_graph.run.prices import Price, read_price
from toolflow_graph.run.view import DATABASE_NAME, open_run
from toolflow_graph.verification import Transcript, parse_dialogue, parse_record, verify

JUDGED_HERE = "the rules, while this report was written"
AS_WRITTEN = "the verdicts that the data carries"


@dataclass(frozen=True, slots=True)
class Entry:
    """One dialogue of the report.

    Attributes:
        record: ours as it was written; of anybody's dialogue one that is made up of what it holds.
        transcript: the same as the rules read it; message indices agree.
        sources: where arguments come from: (message index, place of the call in it) -> one source a leaf.
        untrained: indices of messages that a trainer is to leave out of the loss.
        written: the verdict was in the data; otherwise the rules gave it just now.
    """

    record: Record
    transcript: Transcript
    sources: Mapping[tuple[int, int], tuple[Source, ...]]
    judgement: Judgement | None
    untrained: frozenset[int]
    written: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of the data as a whole.

    Attributes:
        name: the folder or file, as the reader may know it.
        is_run: a run folder: rejected dialogues are there, too, so that a yield can be told.
        mix: behaviour -> wanted share of dialogues; None where nobody says.
        prices: the run's own prices by model.
        catalogue: what was drawn from, in the run's words ("213 tools").
    """

    name: str
    is_run: bool
    mix: Mapping[str, float] | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)
    catalogue: str | None = None


def read_origin(source: Path) -> Origin:
    """What a run folder says of its run; of a file, its name.

    Raises:
        UsageError: there is neither a run nor a file.
    """
    name = source.name or source.resolve().name
    if not source.is_dir():
        return Origin(name=name, is_run=False)
    if not (source / DATABASE_NAME).exists() and (source / ACCEPTED_NAME).is_file():
        return Origin(name=name, is_run=(source / REJECTED_NAME).is_file())
    with open_run(source) as view:
        settings = view.meta("fingerprint") or {}
        config = view.meta("config") or {}
    prices = {model: read_price(entry) for model, entry in (config.get("price") or {}).items()}
    mix = parse_shares(settings["mix"]) if isinstance(settings.get("mix"), str) else None
    tools = settings.get("tools")
    catalogue = tools.rpartition(", ")[0] or tools if isinstance(tools, str) else None
    return Origin(name=name, is_run=True, mix=mix, prices=prices, catalogue=catalogue)


def parse_shares(text: str) -> dict[str, float]:
    """The mix of a run's fingerprint, ``"single=0.8,chat=0.2"``, read back."""
    pairs = (item.partition("=") for item in text.split(",") if "=" in item)
    return {name: float(share) for name, _, share in pairs}


def read_entries(source: Path) -> Iterator[Entry]:
    """The dialogues of a run folder (accepted and rejected) or of a file, in their order.

    Raises:
        UsageError: there is nothing to read, or a line is no JSON.
    """
    if not source.is_dir():
        for number, data in read_values(source):
            yield build_entry(data, f"line-{number}")
    elif not (source / DATABASE_NAME).exists() and (source / ACCEPTED_NAME).is_file():
        # A released folder without its run store still has its data.
        for name in (ACCEPTED_NAME, REJECTED_NAME):
            if (source / name).is_file():
                for number, data in enumerate(read_jsonl(source / name), 1):
                    yield build_entry(data, f"line-{number}")
    else:
        with open_run(source) as view:
            for row in view.dataset():
                yield build_entry(json.loads(row.text), row.id)


def build_entry(data: Any, name: str) -> Entry:
    """One dialogue, ours or anybody's; ``name`` is its id where it has none. Never raises on content."""
    record = _read_record(data)
    if record is None:
        return _build_foreign(data, name)
    transcript = parse_record(record)
    return Entry(
        record=record,
        transcript=transcript,
        sources=_sources_by_call(transcript, record.provenance),
        judgement=_judgement_of(data),
        untrained=_untrained(data),
        written=True,
    )


def _read_record(data: Any) -> Record | None:
    if not (isinstance(data, Mapping) and "schema_version" in data and "seed" in data):
        return None
    # What judges said is read leniently, on its own: it decides nothing here.
    known = {key: value for key, value in data.items() if key in Record.model_fields and key != "judgement"}
    try:
        return Record.model_validate(known)
    except ValidationError:
        return None


def _build_foreign(data: Any, name: str) -> Entry:
    transcript = parse_dialogue(data)
    sources: dict[tuple[int, int], list[Source]] = {}
    for leaf in transcript.leaves:
        sources.setdefault((leaf.site.message_index, leaf.site.position), []).append(leaf.source)
    record = Record(
        id=transcript.id or name,
        seed={},
        tools=tuple(tool.to_record() for tool in transcript.tools),
        messages=tuple(message.to_record() for message in transcript.messages),
        verdict=verify(transcript),
    )
    return Entry(
        record=record,
        transcript=transcript,
        sources={place: tuple(found) for place, found in sources.items()},
        judgement=_judgement_of(data),
        untrained=_untrained(data),
        written=False,
    )


def _sources_by_call(
    transcript: Transcript, provenance: tuple[Source, ...]
) -> dict[tuple[int, int], tuple[Source, ...]]:
    """A record's sources name calls by id; ids are unique in what we write."""
    by_id: dict[str, list[Source]] = {}
    for source in provenance:
        by_id.setdefault(source.call, []).append(source)
    return {(site.message_index, site.position): tuple(by_id.get(site.call.id, ())) for site in transcript.sites}


def _judgement_of(data: Any) -> Judgement | None:
    return read_judgement(data.get("judgement")) if isinstance(data, Mapping) else None


def _untrained(data: Any) -> frozenset[int]:
    messages = data.get("messages") if isinstance(data, Mapping) else None
    if not isinstance(messages, list):
        return frozenset()
    return frozenset(
        index
        for index, message in enumerate(messages)
        if isinstance(message, Mapping) and (message.get("train") is False or message.get("weight") == 0)
    )
