"""What the model tests share: requests, and models that talk to an ``OpenAIServer``."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from langchain_openai import ChatOpenAI

from tests.openai_server import OpenAIServer
from toolflow_graph.models.chat_openai import build_chat_openai, build_http_client
from toolflow_graph.models.langchain import LangChainModel
from toolflow_graph.models.pool import build_pools
from toolflow_graph.models.port import Model, ModelRequest
from toolflow_graph.models.retry import RetryPolicy
from toolflow_graph.models.specs import EndpointOptions, parse_model_flags
from toolflow_graph.types import Message, Tool

KEY = "sk-very-secret-key-0123456789"
PROMPT = (Message(role="system", content="Be brief."), Message(role="user", content="Hi"))
REQUEST = ModelRequest(role="user", messages=PROMPT, brief=None, seed=7)
WEATHER = Tool(
    name="get_weather",
    description="Weather of a city",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    returns={"type": "object"},
    effect="read",
)
WITH_TOOLS = ModelRequest(role="assistant", messages=PROMPT, brief=None, tools=(WEATHER,))
QUICK = RetryPolicy(first=0.01, longest=0.02, patience=0.3)


@asynccontextmanager
async def one_attempt(server: OpenAIServer, **options: Any) -> AsyncIterator[LangChainModel]:
    """A model without retries."""
    client = build_http_client(KEY, read_timeout=options.get("read_timeout", 5.0))
    chat = build_chat_openai("test-model", server.base_url, KEY, http_client=client, **{"read_timeout": 5.0, **options})
    assert isinstance(chat, ChatOpenAI)
    yield LangChainModel(chat, name="test-model", endpoint=server.base_url, secrets=[KEY])
    await client.aclose()


@asynccontextmanager
async def pooled(
    server: OpenAIServer,
    *,
    environ: Mapping[str, str] | None = None,
    endpoints: Mapping[str, EndpointOptions] | None = None,
    **options: Any,
) -> AsyncIterator[Model]:
    """The model that a run would use, with quick retries."""
    specs = parse_model_flags([f"test-model@{server.base_url}"])
    pools = build_pools(specs, {}, endpoints, environ=environ or {}, **{"policy": QUICK, **options})
    yield pools["user"].draw(0)
    await pools["user"].aclose()
