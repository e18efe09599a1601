"""Randomness from the seed only: every draw is named by the labels it belongs to, so that order never matters."""

import hashlib
import json
import random
from typing import Any


def derive_seed(*labels: Any) -> int:
    """Map JSON-plain labels to a 63-bit seed; the same labels give the same seed on every machine."""
    text = json.dumps(labels, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def derive_rng(*labels: Any) -> random.Random:
    """A private random stream for these labels."""
    return random.Random(derive_seed(*labels))
