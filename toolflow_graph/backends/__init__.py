"""Tool backends: real executors that answer a tool's calls instead of the simulation, where one is named.

A backend is a Python function, a class (one instance a dialogue, its methods are the tools), or a live MCP server.
Nothing here runs unless a ``--backend NAME=REF`` names it; importing this package imports no MCP SDK.
"""

from toolflow_graph.backends.build import Backends, build_backends
from toolflow_graph.backends.flags import BackendFlag, parse_backend_flags
from toolflow_graph.backends.port import Backend, DialogueInfo

__all__ = ["Backend", "BackendFlag", "Backends", "DialogueInfo", "build_backends", "parse_backend_flags"]
