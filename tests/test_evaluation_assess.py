"""``evaluate`` and ``compare`` as a user meets them, on our data and on anybody's."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation_samples import plain, records
from tests.verification_samples import TOOLS, calls, clean, says, user
from toolflow_graph.dataset.exporters import openai
from toolflow_graph.errors import UsageError
from toolflow_graph.evaluation.assessment import Options, assess, build_assessment, compare
from toolflow_graph.evaluation.leaks import Material, find_leaks, load_benchmark, load_benchmarks, render_tool
from toolflow_graph.evaluation.metrics.duplicates import PERMUTATIONS, ROWS, SHINGLE
from toolflow_graph.evaluation.metrics.overlap import NGRAM
from toolflow_graph.evaluation.samples import Drawn, Sample, load_samples
from toolflow_graph.evaluation.tables import render_assessment, render_comparison
from toolflow_graph.tool_graph.lexical import LexicalEmbedder
from toolflow_graph.verification import parse_dialogue

ROOT = Path(__file__).resolve().parent.parent
CORPORA = Path(__file__).parents[2] / "shared" / "corpora"
Data = dict[str, Any]


def toolflow(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "toolflow_graph", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        check=False,
        timeout=300,
    )


def write(path: Path, dialogues: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in dialogues), encoding="utf-8")
    return path


def judged(record: Data, nat: int) -> Data:
    return {**record, "judgement": {"scores": {"nat": nat, "coh": 5, "help": 4, "acc": 3}, "reasons": {}}}


def test_the_table_and_the_json_tell_the_same(tmp_path: Path) -> None:
    file = write(tmp_path / "set.jsonl", [judged(plain(records()[0]), 4), judged(clean(), 5), records()[2]])
    table = toolflow("evaluate", str(file), "--embedder", "none", "--verify")
    told = toolflow("evaluate", str(file), "--embedder", "none", "--verify", "--json")
    assert table.returncode == told.returncode == 0, table.stderr + told.stderr
    figures = json.loads(told.stdout)
    assert figures["schema"] == 1
    rows = {line[:24].strip(): line[24:].split() for line in table.stdout.splitlines() if len(line) > 24}
    assert rows["dialogues"] == ["3", "8,000"]
    assert rows["tool calls"][0] == f"{figures['size']['calls']:,}"
    assert rows["NAT"] == ["4.50", "3.72"]
    assert rows["H"][0] == f"{figures['diversity']['spoken']['entropy']:.2f}"
    assert rows["SS"][0] == "-"
    assert figures["verification"]["accepted"] == 3
    assert "3 of 3 accepted (100.0%)" in table.stdout
    for sentence in figures["cannot_judge"]:
        assert sentence in table.stdout
    assert any("NAT, COH, HELP, ACC of 1 of 3" in sentence for sentence in figures["cannot_judge"])
    assert any(sentence.startswith("EnR: no NLI model") for sentence in figures["cannot_judge"])


def test_a_run_folder_a_file_and_a_packed_file_give_the_same(tmp_path: Path) -> None:
    file = write(tmp_path / "set.jsonl", records()[:4])
    packed = tmp_path / "set.jsonl.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    listed = tmp_path / "set.json"
    listed.write_text(json.dumps(records()[:4]))
    folder = tmp_path / "run"
    folder.mkdir()
    write(folder / "dialogues.jsonl", records()[:4])
    assert [assess(load_samples(path)) for path in (packed, listed, folder)] == [assess(load_samples(file))] * 3


def test_plain_openai_data_is_measured_alike_and_says_what_is_missing(tmp_path: Path) -> None:
    own = assess(Drawn(enumerate(records()[:20], 1)))
    for shape in (plain, openai):
        found = assess(load_samples(write(tmp_path / f"{shape.__name__}.jsonl", map(shape, records()[:20]))))
        for key in ("size", "diversity", "coherence", "duplicates"):
            if key != "duplicates":
                assert found[key] == own[key]
        assert found["tools"] == own["tools"]
        assert found["sources"]["computed"] == 20
        assert sum(found["sources"]["kinds"].values()) == own["sources"]["values"]
        assert found["behaviours"]["from_records"] == {}
        assert found["behaviours"]["from_messages"]["single"] > 0.5
        missing = next(line for line in found["cannot_judge"] if "without a plan" in line)
        assert "20 of 20" in missing
        assert "injection" in missing


def test_what_cannot_be_read_is_said_and_stops_nothing(tmp_path: Path) -> None:
    rows: list[Any] = [[1, 2], "text", {"conversations": []}, {"messages": [{"role": "alien", "content": 5}]}, clean()]
    # The first value of a list would be taken for the list itself.
    rows = [rows[-1], *rows[:-1]]
    found = assess(load_samples(write(tmp_path / "odd.jsonl", rows)))
    assert found["size"]["dialogues"] == 5
    assert found["size"]["calls"] == 4
    assert any(line.startswith("unreadable") for line in found["cannot_judge"])
    text = render_assessment(found)
    assert "what cannot be judged" in text


def test_half_a_surrogate_pair_stops_nothing(tmp_path: Path) -> None:
    odd = {"id": "d-\ud800", "messages": [user("Hi \udc00."), says("Ho \ud83d"), user("So \ud83d?")], "tools": []}
    odd["tools"] = [{"name": "t\ud800", "description": "Of \udfff."}]
    file = write(tmp_path / "odd.jsonl", [odd, odd])
    for flags in ((), ("--json",)):
        done = toolflow("evaluate", str(file), "--embedder", "lexical", "--against", str(file), *flags)
        assert done.returncode == 0, done.stderr
        assert "d-?" in done.stdout


def test_nothing_but_a_greeting(tmp_path: Path) -> None:
    found = assess(load_samples(write(tmp_path / "tiny.jsonl", [{"messages": [user("Hi."), says("Hello!")]}])))
    assert found["coherence"]["ss"] is None
    assert found["diversity"]["spoken"]["distinct_3"] is None
    assert found["tools"]["coverage"] is None
    assert "SS and EnR: no dialogue has two turns with text" in found["cannot_judge"]
    empty = assess(Drawn([(1, {"messages": []})]))
    assert empty["diversity"]["spoken"]["entropy"] is None
    assert "H" in render_assessment(empty)


def test_dialogues_can_be_gone_through_again(tmp_path: Path) -> None:
    drawn = load_samples(write(tmp_path / "set.jsonl", records()[:3]))
    assert len(list(drawn.values)) == len(list(drawn.values)) == len(list(drawn.samples())) == 3
    assert assess(drawn) == assess(drawn)


def test_a_sample_is_drawn_by_the_seed(tmp_path: Path) -> None:
    file = write(tmp_path / "set.jsonl", [{**clean(), "id": f"d-{number}"} for number in range(40)])

    def lines(seed: int, size: int = 10) -> list[int]:
        drawn = load_samples(file, sample=size, seed=seed)
        assert drawn.sampled_from == (40 if size < 40 else None)
        return [sample.line for sample in drawn.samples()]

    assert lines(1) == lines(1) == sorted(set(lines(1)))
    assert len(lines(1)) == 10
    assert lines(1) != lines(2)
    assert lines(1, size=90) == list(range(1, 41))
    drawn = [line for seed in range(200) for line in lines(seed)]
    # Each is drawn about 50 times of 200.
    assert all(20 < drawn.count(line) < 85 for line in range(1, 41))
    done = toolflow("evaluate", str(file), "--sample", "10", "--embedder", "none")
    assert "10 dialogues (drawn from 40, seed 0)" in done.stdout


def test_a_lexical_ss_is_not_called_the_papers() -> None:
    found = assess(Drawn([(1, clean())]), options=Options(embedder=LexicalEmbedder()))
    assert found["coherence"]["embedder"] == "lexical"
    assert not found["coherence"]["as_the_paper"]
    assert any("lexical is no Sentence-BERT" in line for line in found["cannot_judge"])
    row = next(line for line in render_assessment(found).splitlines() if line.startswith("SS"))
    assert "lexical" in row
    assert "63.36" not in row


def test_pairs_are_drawn_on_request() -> None:
    many = Drawn(list(enumerate(records()[:20], 1)))
    whole = assess(many, options=Options(embedder=LexicalEmbedder()))["coherence"]
    part = assess(many, options=Options(embedder=LexicalEmbedder(), pairs=7))["coherence"]
    assert (part["judged"], part["pairs"]) == (7, whole["pairs"])
    assert whole["judged"] == whole["pairs"] > 7
    assert part["ss_error"] > whole["ss_error"]


def test_duplicates_are_named(tmp_path: Path) -> None:
    again = {**records()[0], "id": "again"}
    near = json.loads(json.dumps(records()[1]))
    near["id"] = "near"
    near["messages"][-1]["content"] += " Bye!"
    found = assess(Drawn(enumerate([records()[0], records()[1], again, near], 1)))["duplicates"]
    assert (found["exact"], found["near"]) == (1, 1)
    assert found["exact_groups"] == [[records()[0]["id"], "again"]]
    assert found["near_clusters"][0]["dialogues"] == [records()[1]["id"], "near"]
    assert found["near_clusters"][0]["similarity"] > 0.9


def test_compare_cuts_both_to_one_size(tmp_path: Path) -> None:
    small = write(tmp_path / "small.jsonl", records()[:5])
    large = write(tmp_path / "large.jsonl", records()[5:40])
    done = toolflow("compare", str(small), str(large), "--embedder", "none", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for scope in ("spoken", "whole"):
        sizes = [found[side]["diversity"][scope] for side in ("a", "b")]
        equal = found["equal_words"][scope]
        assert equal["words"] == sizes[0]["words"] < sizes[1]["words"]
        # The smaller one is whole; of the larger one, a part is less worn than all of it.
        assert equal["entropy"][0] == sizes[0]["entropy"]
        assert equal["distinct_3"][0] == sizes[0]["distinct_3"]
        assert equal["distinct_3"][1] > sizes[1]["distinct_3"]
        assert equal["entropy"][1] < sizes[1]["entropy"]
    again = toolflow("compare", str(large), str(small), "--embedder", "none", "--json")
    assert (
        json.loads(again.stdout)["equal_words"]["spoken"]["entropy"] == found["equal_words"]["spoken"]["entropy"][::-1]
    )
    table = toolflow("compare", str(small), str(large), "--embedder", "none")
    assert f"at equal numbers of words ({found['equal_words']['spoken']['words']:,} words" in table.stdout
    row = next(line.split() for line in table.stdout.splitlines() if line.startswith("dialogues"))
    assert row == ["dialogues", "5", "35", "+30"]


def test_a_set_compared_with_itself_differs_in_nothing() -> None:
    one = build_assessment(Drawn(enumerate(records()[:6], 1)), name="x", options=Options())
    found = compare(one, one)
    assert all(pair[0] == pair[1] for scope in found["equal_words"].values() for pair in list(scope.values())[1:])
    numbers = [line.split()[-1] for line in render_comparison(found).splitlines() if line[-1:].isdigit()]
    assert set(numbers) <= {"+0", "+0.0000"}


BFCL: list[Data] = [
    {
        "id": "simple_0",
        "question": [
            [{"role": "user", "content": "Find the area of a triangle with a base of 10 units and height of 5 units."}]
        ],
        "function": [
            {
                "name": "calculate_triangle_area",
                "description": "Calculate the area of a triangle given its base and height, in the unit that is named.",
                "parameters": {
                    "type": "dict",
                    "properties": {"base": {"type": "integer", "description": "The base of the triangle."}},
                    "required": ["base"],
                },
            }
        ],
    }
]


def test_bfcls_format_is_read(tmp_path: Path) -> None:
    found = load_benchmark(write(tmp_path / "BFCL_v3_simple.json", BFCL))
    assert list(found.tools.values()) == ["calculate_triangle_area"]
    assert found.texts == ("Find the area of a triangle with a base of 10 units and height of 5 units.",)
    # The same tool in OpenAI's dialect has the same text.
    function = json.loads(json.dumps(BFCL[0]["function"][0]).replace('"dict"', '"object"'))
    assert list(found.tools) == [render_tool(function)]


@pytest.mark.parametrize(
    ("value", "tools", "texts"),
    [
        ([{"query": "Book it.", "tools": json.dumps([TOOLS[0]["function"]]), "answers": "[]"}], 1, ("Book it.",)),
        ({"tools": TOOLS, "messages": [user("A"), says("B"), user("C")]}, 4, ("A", "C")),
        ({"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]}, 0, ("Hi",)),
        ({"question": "Why?", "choices": ["a", "b"]}, 0, ("Why?", "a", "b")),
        ([{"name": "f", "inputSchema": {"type": "object"}}], 1, ()),
    ],
)
def test_benchmarks_of_many_shapes(tmp_path: Path, value: Any, tools: int, texts: tuple[str, ...]) -> None:
    path = tmp_path / "bench.json"
    path.write_text(json.dumps(value, indent=1))
    found = load_benchmark(path)
    assert (len(found.tools), found.texts) == (tools, texts)


def test_leaks_are_named_with_where_they_stand(tmp_path: Path) -> None:
    question = BFCL[0]["question"][0][0]["content"]
    function = json.loads(json.dumps(BFCL[0]["function"][0]).replace('"dict"', '"object"'))
    leaking = {
        "id": "d-1",
        "tools": [{"type": "function", "function": function}, TOOLS[0]],
        "messages": [user(f"Hello! {question}"), says("25."), user("Thanks!")],
    }
    file = write(tmp_path / "set.jsonl", [leaking, {**clean(), "id": "d-2"}])
    bench = write(tmp_path / "bench.json", BFCL)
    done = toolflow("evaluate", str(file), "--embedder", "lexical", "--against", str(bench), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["leaks"]
    assert found["benchmarks"] == [{"file": "bench.json", "tools": 1, "texts": 1}]
    (tool,) = found["leaking_tools"]
    assert (tool["tool"], tool["contaminated"], tool["file"]) == ("calculate_triangle_area", 1.0, "bench.json")
    assert tool["rules"] == ["ngram", "similarity"]
    assert (tool["cosine"], tool["nearest"]) == (1.0, "calculate_triangle_area")
    (message,) = found["leaking_messages"]
    assert (message["dialogue"], message["message_index"], message["file"]) == ("d-1", 0, "bench.json")
    assert message["contaminated"] == pytest.approx(17 / 18, abs=1e-4)
    assert (found["tools"], found["user_messages"], found["leaking_dialogues"]) == (5, 6, 1)
    table = toolflow("evaluate", str(file), "--embedder", "none", "--against", str(bench))
    assert "calculate_triangle_area: 100% of its words (bench.json)" in table.stdout
    assert "leaks by similarity: no embedder" in table.stdout


def test_similar_tools_leak_over_nine_tenths_only() -> None:
    class Angles:
        """Vectors at a known cosine from the benchmark's tool."""

        name = "angles"
        tau = 0.5

        def embed(self, texts: Any) -> list[list[float]]:
            cosine = {"near": 0.91, "edge": 0.9, "far": 0.2}
            named = [json.loads(text)["name"] for text in texts]
            return [[cosine.get(name, 1.0), (1 - cosine.get(name, 1.0) ** 2) ** 0.5] for name in named]

    material = Material({render_tool({"name": name}): name for name in ("near", "edge", "far")}, [])
    bench = load_benchmark_of({"name": "theirs", "description": "Of the benchmark."})
    found = find_leaks(material, [bench], embedder=Angles())  # type: ignore[arg-type]
    assert [(leak["tool"], leak["rules"], leak["nearest"]) for leak in found["leaking_tools"]] == [
        ("near", ["similarity"], "theirs")
    ]


def load_benchmark_of(function: Data) -> Any:
    from toolflow_graph.evaluation.leaks import Benchmark

    return Benchmark("bench.json", {render_tool(function): function["name"]}, ())


def test_a_folder_of_benchmarks(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    write(tmp_path / "inner" / "one.json", BFCL)
    write(tmp_path / "two.jsonl", BFCL)
    (tmp_path / "notes.md").write_text("no benchmark")
    assert [each.name for each in load_benchmarks([tmp_path])] == ["inner/one.json", "two.jsonl"]
    with pytest.raises(UsageError, match="no JSON file"):
        load_benchmarks([write(tmp_path / "empty" / "x.md", []).parent])


def test_a_call_is_no_tool(tmp_path: Path) -> None:
    messages = [user("Go."), calls(("1", "search", {"city": "Oslo"}))]
    assert load_benchmark(write(tmp_path / "a.jsonl", [{"messages": messages}])).tools == {}
    material = Material()
    material.add(Sample(1, {}, parse_dialogue({"messages": messages})))
    assert material.messages == [("line 1", 0, "Go.")]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("evaluate", "missing.jsonl"), "missing.jsonl"),
        (("evaluate", "empty.jsonl"), "empty.jsonl"),
        (("evaluate", "no_run"), "no_run"),
        (("evaluate", "good.jsonl", "--embedder", "none", "--against", "nothing.json"), "nothing.json"),
        (("evaluate", "good.jsonl", "--embedder", "word2vec"), "word2vec"),
        (("evaluate", "good.jsonl", "--embedder", "none", "--nli", "./nowhere"), "./nowhere"),
        (("evaluate", "broken.jsonl", "--embedder", "none"), "line 2"),
        (("compare", "good.jsonl", "missing.jsonl"), "missing.jsonl"),
        (("evaluate", "good.jsonl", "--sample", "0"), "sample"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, words: tuple[str, ...], named: str) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    write(tmp_path / "good.jsonl", [clean()])
    (tmp_path / "broken.jsonl").write_text(json.dumps(clean()) + "\n{]\n")
    done = toolflow(*words, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_benchmark_without_words_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    path.write_text('[{"x": 1}]')
    with pytest.raises(UsageError, match="no tool and no text"):
        load_benchmark(path)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the public corpora are not beside this checkout")
def test_tau_bench_is_measured_and_says_what_it_lacks() -> None:
    found = assess(load_samples(CORPORA / "dialogues" / "taubench_airline.jsonl"), options=Options(verify=True))
    assert found["size"]["dialogues"] == 60
    assert found["tools"]["offered"] == 14
    assert found["size"]["failed_calls"] > 0
    assert found["behaviours"]["without_record"] == 60
    assert found["sources"]["grounded"] > 0.8
    missing = "\n".join(found["cannot_judge"])
    for what in ("SS", "EnR", "NAT", "60 of 60 dialogues without a plan"):
        assert what in missing


def test_the_document_names_every_key() -> None:
    document = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    found = assess(Drawn([(1, judged(plain(clean()), 4))]))
    named = [*found, *found["size"], *found["diversity"], *found["diversity"]["spoken"], *found["judge"]]
    assert [key for key in named if f"`{key}`" not in document and f".{key}`" not in document] == []
    # And gives the numbers that the code holds.
    for number in (f"{SHINGLE}-word", str(PERMUTATIONS), f"bands of {ROWS}", f"shared one of {NGRAM}"):
        assert number in document
