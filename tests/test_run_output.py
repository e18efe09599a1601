"""What a run tells: progress lines and the summary."""

import io
from dataclasses import replace
from pathlib import Path

from tests.run_fakes import make_record
from toolflow_graph.run.prices import Price, find_price
from toolflow_graph.run.progress import Counts, LiveProgress, PlainProgress, build_progress, render_counts
from toolflow_graph.run.store import open_store
from toolflow_graph.run.summary import RunSummary, build_summary, render_summary
from toolflow_graph.types import Fault, Usage

COUNTS = Counts(num=100, accepted=12, rejected=3, in_flight=64, usage=Usage(calls=120, input=1_234_567, output=999))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_come_every_few_seconds() -> None:
    now = [0.0]
    stream = io.StringIO()
    with PlainProgress(stream, every=5, clock=lambda: now[0]) as progress:
        for second in range(12):
            now[0] = float(second)
            progress.update(replace(COUNTS, accepted=7 + second))
        progress.note("stopping")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0] == "12/100 accepted, 3 rejected, 64 in flight, 24.0 calls/s, 1.2M tokens in, 999 out, 0:05"
    assert lines[-1] == "stopping"


def test_plain_lines_are_sparse_while_nothing_changes() -> None:
    now = [0.0]
    stream = io.StringIO()
    with PlainProgress(stream, every=5, clock=lambda: now[0]) as progress:
        for second in range(130):
            now[0] = float(second)
            progress.update(COUNTS)
    assert [line.rpartition(", ")[2] for line in stream.getvalue().splitlines()] == ["0:05", "1:05", "2:05"]


def test_terminal_gets_a_bar_and_others_do_not() -> None:
    terminal = Terminal()
    with build_progress(quiet=False, stream=terminal) as live:
        assert isinstance(live, LiveProgress)
        live.update(COUNTS)
        live.note("[not markup]")
    assert "12/100 accepted" in terminal.getvalue()
    assert "[not markup]" in terminal.getvalue()
    quiet = io.StringIO()
    with build_progress(quiet=True, stream=quiet) as silent:
        silent.update(COUNTS)
    assert quiet.getvalue() == ""
    assert isinstance(build_progress(quiet=False, stream=io.StringIO()), PlainProgress)


def test_counts_before_the_first_second() -> None:
    assert render_counts(Counts(num=1), 0.0).startswith("0/1 accepted, 0 rejected, 0 in flight, 0.0 calls/s")


def test_summary_says_all_that_a_newcomer_needs() -> None:
    summary = RunSummary(
        num=20,
        max_attempts=80,
        accepted=20,
        rejected=3,
        played=23,
        complete=True,
        offline=True,
        reasons={"tool_name_spoken": 2, "no_answer": 1},
        examples={"tool_name_spoken": "it names\n'book_hotel'"},
        usage={"user": Usage(calls=9), "assistant": Usage(calls=1200, input=5_000_000, output=70, cached=4)},
    )
    text = render_summary(summary, Path("runs/latest"), show="python -m toolflow_graph show")
    assert text.splitlines()[0] == "done: 20 dialogues accepted of 23 played"
    assert "  rejected:  3\n             tool_name_spoken 2: it names 'book_hotel'\n             no_answer 1\n" in text
    assert "1,200 calls   5,000,000 tokens in (4 cached)" in text
    assert str(Path("runs/latest/dialogues.jsonl")) in text
    assert "python -m toolflow_graph show" in text
    assert "offline model" in text
    assert summary.exit_code == 0
    assert "offline model" not in render_summary(summary, Path("runs/latest"), show="", notes=False)


def test_summary_where_nothing_was_accepted_gives_the_reason_and_no_advice_to_try_more() -> None:
    summary = RunSummary(
        num=1,
        max_attempts=3,
        accepted=0,
        rejected=3,
        played=3,
        complete=False,
        reasons={"node_error": 3},
        examples={"node_error": "plan: RuntimeError: boom \x1b[31m" + "x" * 200},
    )
    lines = render_summary(summary, Path("out"), show="SHOW").splitlines()
    assert lines[0] == "gave up: 0 of 1 dialogue accepted in 3 attempts"
    assert lines[2].startswith("             node_error 3: plan: RuntimeError: boom ·[31mxxx")
    assert lines[2].endswith("...")
    assert "  look:      SHOW" in lines
    many = replace(summary, reasons={f"code_{number}": 1 for number in range(10)})
    assert "             code_8 1, code_9 1" in render_summary(many, Path("out"), show="SHOW").splitlines()
    some = replace(summary, accepted=1, num=20)
    assert "a higher --max-attempts goes on" in render_summary(some, Path("out"), show="SHOW")


def test_summary_takes_the_first_reason_of_each_code_and_counts_what_stays(tmp_path: Path) -> None:
    fault = Fault(code="node_error", node="plan", reason="RuntimeError: boom")
    failed = make_record(1, accepted=False, code="fault").model_copy(update={"fault": fault, "ended": "fault"})
    with open_store(tmp_path / "run") as store:
        store.begin({"seed": "0"}, num=2, shown={})
        for index, record in enumerate([make_record(0), failed, *(make_record(n) for n in range(2, 5))]):
            store.add(index, record)
        store.add(5, make_record(5, accepted=False))

        def told(num: int) -> RunSummary:
            return build_summary(store.view(), num=num, max_attempts=9, played=0, complete=True)

        assert told(2).examples == {"node_error": "plan: RuntimeError: boom"}
        text = render_summary(told(2), Path("run"), show="")
        assert "kept:      2 more accepted dialogues in the run store; a larger -n brings them back" in text
        one = render_summary(told(3), Path("run"), show="")
        assert "kept:      1 more accepted dialogue in the run store; a larger -n brings it back" in one
        assert "kept:" not in render_summary(told(4), Path("run"), show="")


def test_summary_tells_the_yield_the_mix_and_the_cost() -> None:
    summary = RunSummary(
        num=10,
        max_attempts=80,
        accepted=10,
        rejected=2,
        played=12,
        complete=True,
        reasons={"role_flip": 2},
        blame={"user": 1, "assistant": 1},
        behaviours={"single": 8, "policy": 1},
        wanted={"single": 8.0, "policy": 4.0},
        usage={"user": Usage(calls=100, input=10_000, output=500, cached=2_500)},
        cost=0.125,
    )
    text = render_summary(summary, Path("out"), show="SHOW")
    assert "by role: user 1, assistant 1" in text
    assert "  holds:     single 80%, policy 10% (of 40%)" in text
    assert "83.3% accepted, per accepted dialogue 10.0 calls, 1,000 tokens in (250 cached), 50 out, $0.0125" in text
    unknown = replace(summary, cost=None, unpriced=("my-model",))
    assert '[price."NAME"]' in render_summary(unknown, Path("out"), show="SHOW")


def test_prices() -> None:
    own = {"my-model": Price(input=1, output=2, cached=0.5)}
    price = find_price("my-model", own)
    assert price is not None
    assert price.of(Usage(calls=1, input=3_000_000, output=1_000_000, cached=1_000_000)) == 2 + 0.5 + 2
    assert find_price("gpt-4o-2024-08-06") == find_price("gpt-4o")
    assert find_price("gpt-4o-mini-2024-07-18") == find_price("gpt-4o-mini") != find_price("gpt-4o")
    assert find_price("gpt-4o-audio") is None
