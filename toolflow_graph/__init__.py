"""ToolFlow Graph: verified multi-turn tool-calling dialogues from any set of tool definitions.

The package is light to import: LangGraph, LangChain and NumPy are imported only by the rooms that need them.
"""

from pathlib import Path

__version__ = "0.1.0"

# The top-level folders ``nodes/``, ``prompts/`` and ``tools_catalog/`` are sub-packages of this one (pyproject.toml
# maps them). In a bare checkout that nobody installed, they resolve because its root joins the search path.
_root = Path(__file__).resolve().parent.parent
if (_root / "pyproject.toml").is_file() and (_root / "nodes" / "__init__.py").is_file():
    __path__.append(str(_root))
