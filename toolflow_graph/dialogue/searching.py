"""Search first: a dialogue that starts with a search for tools and nothing else (the paper's retrieve and call)."""

from collections.abc import Iterable, Sequence

from toolflow_graph.tool_graph.lexical import LexicalEmbedder
from toolflow_graph.types import Json, Tool

MOST_FOUND = 4
_SURE = 2
_NEAR = 0.3
"""Beyond the best two only what is nearly as good a match as the best is found: this share of its similarity."""


def build_search_tool(taken: Iterable[str]) -> Tool:
    """The search, under a name that no other tool has."""
    names = set(taken)
    name = next(
        name for name in ("search_tools", "find_tools", "search_available_tools", "look_up_tools") if name not in names
    )
    listed = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "Name of the tool."},
            "description": {"type": "string", "description": "What the tool does."},
        },
        "required": ["name", "description"],
    }
    return Tool(
        name=name,
        description="Search for tools by what they should do. The tools found can be called from then on.",
        parameters={
            "type": "object",
            "properties": {"query": {"type": "string", "description": "What the tool should do, in a few words."}},
            "required": ["query"],
            "additionalProperties": False,
        },
        returns={
            "type": "object",
            "properties": {"tools": {"type": "array", "items": listed, "description": "The best matches, best first."}},
            "required": ["tools"],
        },
        effect="read",
    )


def search_tools(query: str, tools: Sequence[Tool]) -> Json:
    """The result of a search: at most :data:`MOST_FOUND` tools whose name and description are nearest to the query."""
    if not tools:
        return {"tools": []}
    texts = [f"{tool.name.replace('_', ' ')}: {tool.description}" for tool in tools]
    vectors = LexicalEmbedder().embed([query, *texts])
    scores = vectors[1:] @ vectors[0]
    best = sorted(range(len(tools)), key=lambda place: (-round(float(scores[place]), 6), tools[place].name))
    near = [place for place in best[_SURE:MOST_FOUND] if scores[place] > 0 and scores[place] >= _NEAR * scores[best[0]]]
    best = best[:_SURE] + near
    return {"tools": [{"name": tools[place].name, "description": tools[place].description} for place in best]}
