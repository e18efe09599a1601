"""Real definitions: every file loads, every schema is valid, every size is bounded."""

import json
import re
from pathlib import Path

import pytest

from toolflow_graph.catalog import load_catalogue, load_tools
from toolflow_graph.catalog.openapi_expand import SIZE
from toolflow_graph.catalog.schema_check import find_schema_mistake
from toolflow_graph.types import Tool
from toolflow_graph.validation import check_schema, schema_errors

CORPORA = Path(__file__).parents[2] / "shared" / "corpora"
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")

pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="the public corpora are not beside this checkout")


def files(pattern: str) -> list[Path]:
    return sorted(CORPORA.glob(pattern)) if CORPORA.is_dir() else []


def check(tools: tuple[Tool, ...]) -> None:
    assert tools
    assert len({tool.name for tool in tools}) == len(tools)
    for index, tool in enumerate(tools):
        assert NAME.fullmatch(tool.name)
        for schema in (tool.parameters, tool.returns):
            if schema is not None:
                assert find_schema_mistake(schema) is None, tool.name
                # The full check costs milliseconds a schema: a sample holds the quick one to its word.
                assert index % 20 or check_schema(schema) is None, tool.name


@pytest.mark.parametrize("path", files("openapi/*"), ids=lambda path: path.name.split(".")[0])
def test_api_documents(path: Path) -> None:
    tools = load_tools([str(path)])
    check(tools)
    for tool in tools:
        assert tool.description, tool.name
        assert "$ref" not in json.dumps([tool.parameters, tool.returns]), tool.name
        assert set(tool.parameters.get("required", ())) <= set(tool.parameters["properties"])
        assert not {"anyOf", "oneOf", "allOf"} & set(tool.parameters)
        assert len(json.dumps(tool.returns, ensure_ascii=False)) < SIZE["out"] * 1.1, tool.name
        assert not {"Authorization", "User-Agent", "X-ListenAPI-Key", "apiKey"} & set(tool.parameters["properties"])


def test_known_operations() -> None:
    stripe = {tool.name: tool for tool in load_tools([str(CORPORA / "openapi" / "stripe.swagger2.yaml")])}
    assert len(stripe) == 384
    charge = stripe["PostCharges"]
    assert charge.effect == "write"
    assert charge.returns is not None
    assert charge.returns["properties"]["customer"]["type"] == ["string", "null"]
    refund = stripe["GetRefundsRefund"]
    assert refund.parameters["required"] == ["refund"]
    assert not schema_errors({"refund": "re_1"}, refund.parameters, closed=True)
    spotify = {tool.name: tool for tool in load_tools([str(CORPORA / "openapi" / "spotify.swagger2.yaml")])}
    album = spotify["endpoint-get-an-album"]
    assert album.description.startswith("Get an Album. Get Spotify catalog information for a single album.")
    assert album.returns is not None
    assert album.returns["properties"]["artists"]["items"]["properties"]["id"]["type"] == "string"


def test_mcp_servers() -> None:
    paths = files("mcp/*.json")
    assert len(paths) == 47
    for path in paths:
        check(load_tools([str(path)]))
    everything = load_catalogue([str(CORPORA / "mcp")])
    assert len(everything.tools) == 357
    assert any("prefixed" in note for note in everything.notes)
    assert sum(tool.returns is not None for tool in everything.tools) == 45


def test_toolbench_collections() -> None:
    paths = files("toolbench/*/*.json")
    assert len(paths) == 814
    count = 0
    for path in paths:
        tools = load_tools([str(path)])
        check(tools)
        count += len(tools)
    assert count == 2490
