"""The offline model: answers from the brief alone, deterministic, no key, no network."""
