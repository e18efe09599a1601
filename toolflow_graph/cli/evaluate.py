"""``evaluate DATA`` and ``compare A B``: the paper's figures of any data set."""

import gc
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from toolflow_graph.evaluation.assessment import Options
    from toolflow_graph.evaluation.metrics.entailment import Entailment
    from toolflow_graph.tool_graph.embedders import Embedder

_Data = Annotated[
    Path,
    typer.Argument(
        help="A run folder, or a JSONL file: ours, or plain OpenAI messages + tools (.gz is fine).", metavar="DATA"
    ),
]
_Embedder = Annotated[
    str,
    typer.Option(
        "--embedder",
        help="Measures SS and similar tools: sbert[:NAME or FOLDER] is the paper's; lexical is not, and says so; none; "
        "auto: sbert if it is on this machine, else none.",
        metavar="SPEC",
    ),
]
NliOption = Annotated[
    str | None,
    typer.Option(
        "--nli",
        help="NLI cross-encoder that measures EnR, by name or folder [default: EnR is left out].",
        metavar="NAME|FOLDER",
        show_default=False,
    ),
]
_Sample = Annotated[
    int | None,
    typer.Option("--sample", min=1, help="Look at N drawn dialogues only [default: all].", metavar="N"),
]
_Pairs = Annotated[
    int | None,
    typer.Option("--pairs", min=1, help="Pairs of turns drawn for SS and EnR [default: all].", metavar="N"),
]
_Tokenizer = Annotated[
    str | None,
    typer.Option(
        "--tokenizer",
        help="A language model's tokenizer to count tokens with, by name or folder [default: words and marks].",
        metavar="NAME|FOLDER",
        show_default=False,
    ),
]
_Seed = Annotated[int, typer.Option("--seed", min=0, help="What is drawn.", metavar="N")]
_Verify = Annotated[bool, typer.Option("--verify", help="Run the verifier's rules, too.")]
_Against = Annotated[
    list[Path] | None,
    typer.Option(
        "--against",
        help="Benchmark (a JSON or JSONL file, BFCL's or another's, or a folder of such) to look for leaks in; "
        "repeatable.",
        metavar="FILE|DIR",
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]


def evaluate(
    data: _Data,
    embedder: _Embedder = "auto",
    nli: NliOption = None,
    sample: _Sample = None,
    pairs: _Pairs = None,
    tokenizer: _Tokenizer = None,
    seed: _Seed = 0,
    verify: _Verify = False,
    against: _Against = None,
    as_json: _Json = False,
) -> None:
    """Measure a data set: the paper's tables, behaviours, tools, duplicates, leaks; and what cannot be judged.

    Exit code: 0, whatever the figures are; 2 if DATA or a model cannot be read.
    """
    from toolflow_graph.evaluation.assessment import assess
    from toolflow_graph.evaluation.samples import load_samples
    from toolflow_graph.evaluation.tables import render_assessment

    with show_progress() as tell:
        # The data first: models take long to load.
        drawn = load_samples(data, sample=sample, seed=seed, tell=tell)
        options = load_options(embedder, nli, pairs, seed, verify, tuple(against or ()), tokenizer)
        figures = assess(drawn, name=str(data), options=options, tell=tell)
    _print(json.dumps(figures, ensure_ascii=False, indent=1) if as_json else render_assessment(figures))


def compare(
    a: Annotated[Path, typer.Argument(help="A run folder or a JSONL file.", metavar="A")],
    b: Annotated[Path, typer.Argument(help="Another one.", metavar="B")],
    embedder: _Embedder = "auto",
    nli: NliOption = None,
    sample: _Sample = None,
    pairs: _Pairs = None,
    tokenizer: _Tokenizer = None,
    seed: _Seed = 0,
    verify: _Verify = False,
    as_json: _Json = False,
) -> None:
    """Measure two data sets side by side; H and D-3 also at equal numbers of words.

    Exit code: 0, whatever the figures are; 2 if one of them or a model cannot be read.
    """
    from toolflow_graph.evaluation.assessment import build_assessment
    from toolflow_graph.evaluation.assessment import compare as compare_both
    from toolflow_graph.evaluation.samples import load_samples
    from toolflow_graph.evaluation.tables import render_comparison

    with show_progress() as tell:
        drawn = [load_samples(path, sample=sample, seed=seed, tell=tell) for path in (a, b)]
        options = load_options(embedder, nli, pairs, seed, verify, tokenizer=tokenizer)
        left, right = (
            build_assessment(each, name=str(path), options=options, tell=tell)
            for path, each in zip((a, b), drawn, strict=True)
        )
        found = compare_both(left, right, seed=seed)
    _print(json.dumps(found, ensure_ascii=False, indent=1) if as_json else render_comparison(found))


def _print(text: str) -> None:
    from toolflow_graph.evaluation.metrics.words import mend_text

    typer.echo(mend_text(text))


def load_options(
    embedder: str,
    nli: str | None,
    pairs: int | None = None,
    seed: int = 0,
    verify: bool = False,
    against: tuple[Path, ...] = (),
    tokenizer: str | None = None,
) -> "Options":
    """What to measure, with the models loaded that it takes.

    Raises:
        UsageError: if one cannot be loaded.
    """
    from toolflow_graph.evaluation.assessment import Options
    from toolflow_graph.evaluation.metrics.tokenizers import WORDS_AND_MARKS, ModelTokenizer

    return Options(
        embedder=_load_embedder(embedder),
        nli=_load_nli(nli),
        tokenizer=ModelTokenizer(tokenizer) if tokenizer else WORDS_AND_MARKS,
        pairs=pairs,
        verify=verify,
        against=against,
        seed=seed,
    )


def _load_embedder(spec: str) -> "Embedder | None":
    if spec == "none":
        return None
    from toolflow_graph.errors import UsageError
    from toolflow_graph.tool_graph.embedders import load_embedder
    from toolflow_graph.tool_graph.sbert import SbertEmbedder

    if spec != "auto":
        return load_embedder(spec).embedder
    # The tool graph's "auto" falls back on the lexical embedder; SS by it would not be the paper's.
    if not SbertEmbedder.is_installed():
        return None
    found = SbertEmbedder(local_only=True)
    try:
        found.load()
    except UsageError:
        return None
    return found


def _load_nli(model: str | None) -> "Entailment | None":
    if model is None:
        return None
    from toolflow_graph.evaluation.metrics.entailment import CrossEncoder

    found = CrossEncoder(model)
    # Before anything else is measured: a model that cannot be loaded is the user's mistake.
    found.load()
    return found


class _Progress:
    """One line on a terminal, rewritten; elsewhere a line now and then."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._pause = 0.2 if self._terminal else 10.0
        self._last = time.monotonic()
        self._shown = 0

    def __call__(self, what: str, done: int, of: int) -> None:
        if time.monotonic() - self._last < self._pause:
            return
        self._last = time.monotonic()
        line = f"{what}: {done:,}" + (f" of {of:,} ({100 * done // of}%)" if of else "")
        if self._terminal:
            print(f"\r{line:<{self._shown}}", end="", file=sys.stderr, flush=True)
            self._shown = len(line)
        else:
            print(line, file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._shown:
            print(f"\r{'':<{self._shown}}\r", end="", file=sys.stderr, flush=True)


@contextmanager
def show_progress() -> Iterator[_Progress]:
    """What tells how far a measurement is, on stderr."""
    shown = _Progress()
    # Thousands of small objects that hold no circles: the collector would look at them over and over.
    threshold = gc.get_threshold()
    gc.set_threshold(100_000, *threshold[1:])
    try:
        yield shown
    finally:
        gc.set_threshold(*threshold)
        shown.clear()
