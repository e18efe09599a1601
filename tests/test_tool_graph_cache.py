"""Vector files and the disk cache."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolflow_graph.catalog import load_tools
from toolflow_graph.errors import UsageError
from toolflow_graph.tool_graph import collect_texts, embed_texts, load_embedder
from toolflow_graph.tool_graph.cache import (
    build_cache,
    default_cache_dir,
    load_cache,
    load_shipped_cache,
    quantise,
    write_cache,
)


class Counting:
    """An embedder that may be cached and says what it was asked."""

    name, tau, cache_key = "counting", 0.8, "counting:1"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Any:
        self.asked += texts
        return np.array([[len(text), 1.0, sum(map(ord, text)) % 7] for text in texts])


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    texts = ["b", "a", "c"]
    rows = quantise(np.random.default_rng(1).normal(size=(3, 5)))
    path = tmp_path / "new" / "v.npz"
    write_cache(path, build_cache("some", 0.7, texts, rows))
    again = load_cache(path)
    assert (again.embedder, again.tau) == ("some", 0.7)
    found, vectors = again.lookup(["c", "missing", "a"])
    assert found.tolist() == [True, False, True]
    assert np.array_equal(vectors, quantise(rows[[2, 1]]))
    before = path.read_bytes()
    write_cache(path, again)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["v.npz"]


def test_a_later_vector_replaces_an_earlier_one() -> None:
    cache = build_cache("some", 0.7, ["a", "b"], np.eye(2)).merged(["b"], np.array([[1.0, 0.0]]))
    assert cache.lookup(["b"])[1].tolist() == [[1.0, 0.0]]
    assert len(cache.keys) == 2


def _damage(path: Path) -> list[bytes]:
    whole = path.read_bytes()
    return [b"", b"no zip at all", whole[: len(whole) // 2]]


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_a_broken_file_is_one_clear_message(tmp_path: Path, kind: int) -> None:
    path = tmp_path / "v.npz"
    write_cache(path, build_cache("some", 0.7, ["a"], np.eye(1)))
    path.write_bytes(_damage(path)[kind])
    with pytest.raises(UsageError, match="is broken"):
        load_cache(path)


def test_files_that_do_not_add_up(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    good = {"version": 1, "embedder": "e", "tau": 0.8, "keys": np.array([1, 2], np.uint64)}
    wrong: list[dict[str, Any]] = [
        {**good, "vectors": np.zeros((3, 2), np.float16)},
        {**good, "vectors": np.zeros((2, 2), np.float32)},
        {**good, "keys": np.array([2, 1], np.uint64), "vectors": np.zeros((2, 2), np.float16)},
        {**good, "vectors": np.full((2, 2), np.inf, np.float16)},
        {**good, "version": 2, "vectors": np.zeros((2, 2), np.float16)},
        good,
    ]
    for arrays in wrong:
        np.savez(path, **arrays)
        with pytest.raises(UsageError, match="is broken"):
            load_cache(path)
    with pytest.raises(UsageError, match="cannot read"):
        load_cache(tmp_path / "none.npz")


def test_the_disk_cache_is_asked_first_and_changes_no_vector(tmp_path: Path) -> None:
    first, second = Counting(), Counting()
    one, notes = embed_texts(first, ["a", "bb"], cache_dir=tmp_path)
    two, _ = embed_texts(second, ["bb", "ccc", "a"], cache_dir=tmp_path)
    assert notes == ()
    assert (first.asked, second.asked) == (["a", "bb"], ["ccc"])
    assert np.array_equal(one, two[[2, 0]])
    other, fresh = Counting(), Counting()
    other.cache_key = "counting:2"
    embed_texts(other, ["a"], cache_dir=tmp_path)
    assert other.asked == ["a"]
    anew, _ = embed_texts(fresh, ["bb", "ccc", "a"], cache_dir=tmp_path / "elsewhere")
    assert np.array_equal(anew, two)


def test_trouble_with_the_disk_cache_is_a_note(tmp_path: Path) -> None:
    embed_texts(Counting(), ["a"], cache_dir=tmp_path)
    (stored,) = (tmp_path / "vectors").iterdir()
    stored.write_bytes(b"torn")
    again = Counting()
    _, notes = embed_texts(again, ["a"], cache_dir=tmp_path)
    assert again.asked == ["a"]
    assert len(notes) == 1
    assert "is broken" in notes[0]
    assert embed_texts(Counting(), ["a"], cache_dir=tmp_path)[1] == ()
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    vectors, notes = embed_texts(Counting(), ["a"], cache_dir=blocked)
    assert vectors.shape == (1, 3)
    assert "were not kept" in notes[0]


def test_progress_counts_what_is_computed(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    texts = [f"t{index}" for index in range(3000)]
    embed_texts(Counting(), texts[:10], cache_dir=tmp_path)
    embed_texts(Counting(), texts, cache_dir=tmp_path, progress=lambda done, of: told.append((done, of)))
    assert told == [(2048, 2990), (2990, 2990)]


def test_the_cache_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_dir() == tmp_path / "toolflow-graph"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache_dir() == Path.home() / ".cache" / "toolflow-graph"


def test_the_shipped_vectors_cover_the_default_catalogue() -> None:
    shipped = load_shipped_cache()
    assert shipped is not None
    texts = collect_texts(load_tools())
    assert shipped.lookup(texts)[0].all(), "tool-graph embed --embedder sbert -o tools_catalog/vectors.npz"
    assert (shipped.embedder, shipped.tau, shipped.vectors.shape[1]) == ("sbert:all-MiniLM-L6-v2", 0.82, 384)
    assert load_embedder("auto", texts).embedder.name == shipped.embedder
