"""Where the values of arguments come from: the kinds of sources that the verifier's provenance tells."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from toolflow_graph.record import Source
from toolflow_graph.verification import Transcript, compute_provenance

GROUNDED = ("user", "result", "default", "context", "derived")
OTHERS = ("assistant", "enum", "composed", "unknown")


class SourceMix:
    """Argument values by the kind of their source.

    A record's own provenance counts as it is written, which is what the verifier computed; for other data it is
    computed here.
    """

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.written = 0
        self.computed = 0

    def add(self, data: Mapping[str, Any], transcript: Transcript) -> None:
        """Count one more dialogue."""
        written = data.get("provenance")
        if transcript.plan is not None and isinstance(written, list) and (written or not transcript.sites):
            self.written += 1
            self.kinds.update(str(source["kind"]) for source in written)
        else:
            self.computed += 1
            sources: tuple[Source, ...] = compute_provenance(transcript)
            self.kinds.update(source.kind for source in sources)

    def to_json(self) -> dict[str, Any]:
        whole = sum(self.kinds.values())
        grounded = sum(self.kinds[kind] for kind in GROUNDED)
        return {
            "values": whole,
            "kinds": {kind: self.kinds[kind] for kind in (*GROUNDED, *OTHERS)},
            "grounded": round(grounded / whole, 4) if whole else None,
            "from_records": self.written,
            "computed": self.computed,
        }
