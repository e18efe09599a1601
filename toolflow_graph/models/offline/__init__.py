"""The offline model: plays every role from the brief alone. Deterministic, schema-true, no key, no network."""

from toolflow_graph.models.offline.model import OfflineModel

__all__ = ["OfflineModel"]
