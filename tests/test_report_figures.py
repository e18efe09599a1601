"""What the report counts: figures against those counted by hand, plots, and the layout of the tools."""

import json
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest

from tests.report_samples import accepted, foreign, hostile, read_island, rejected, write
from tests.run_fakes import make_record
from toolflow_graph.behaviours import DEFAULT_MIX, render_mix
from toolflow_graph.evaluation.report.assessed import render_assessment
from toolflow_graph.evaluation.report.facts import build_facts
from toolflow_graph.evaluation.report.figures import Figures, build_cards, build_figures, list_unknowns
from toolflow_graph.evaluation.report.plots import build_plots
from toolflow_graph.evaluation.report.reading import Origin, build_entry, parse_shares, read_entries, read_origin
from toolflow_graph.evaluation.report.svg import Bar, Pick, render_bars, render_columns, render_ranks, render_shares
from toolflow_graph.evaluation.report.toolmap import build_tool_map, find_communities, render_tool_map
from toolflow_graph.run.store import open_store

SVG = "{http://www.w3.org/2000/svg}"
FILE = Origin(name="data.jsonl", is_run=False)


def count(*rows: object, origin: Origin = FILE) -> Figures:
    return build_figures([build_facts(build_entry(row, "line")) for row in rows], origin)


def cards(figures: Figures, origin: Origin = FILE) -> dict[str, tuple[str, str]]:
    return {card.label: (card.value, card.detail) for card in build_cards(figures, origin)}


def test_figures_are_those_counted_by_hand() -> None:
    figures = count(accepted(), rejected())
    assert (figures.accepted, figures.rejected, figures.written, figures.planned) == (1, 1, 2, 2)
    # Each sample: user messages 1, 5, 7, 11; calls 1 + 1 + 2.
    assert (figures.total_turns, figures.total_calls, figures.failed) == (8, 8, 0)
    assert (figures.turns, figures.calls) == ({4: 2}, {4: 2})
    assert figures.tools["search_flights"] == 2
    assert (figures.rejecting, figures.warned) == ({"ungrounded_argument": 1}, {"repeated_call": 1})
    assert figures.blame == {"assistant": 1}
    assert figures.provenance == {"derived": 1, "result": 1, "unknown": 1}
    # Only accepted dialogues count for the mix.
    assert figures.behaviours == {"clarification": 1, "chained": 1}
    assert figures.walked == {("book_flight", "search_flights"): 1}
    assert figures.flows == {("search_flights", "book_flight"): 1}
    assert (figures.judged, figures.marked_bad, figures.untrained) == (1, 1, 1)
    assert figures.scores == {"nat": {4: 1}, "coh": {5: 1}, "help": {2: 1}, "acc": {4: 1}}
    assert (figures.total.calls, figures.total.input, figures.total.output) == (18, 7000, 1000)
    # gpt-4o: 2.50 $ a million tokens in, 1.25 cached, 10 out.
    assert figures.cost == pytest.approx((6500 * 2.5 + 500 * 1.25 + 1000 * 10) / 1e6)
    told = cards(figures)
    assert told["dialogues"] == ("2", "1 accepted, 1 rejected")
    assert told["yield"] == ("50.0%", "accepted of what the file holds")
    assert told["turns"] == ("8", "4.00 a dialogue")
    assert told["cost per accepted"][0] == "$0.0269"
    assert told["judges' score"] == ("3.75", "of 5: nat 4.00, coh 5.00, help 2.00, acc 4.00")


def test_anybodys_data_is_judged_by_the_rules_and_says_what_it_does_not_hold() -> None:
    entry = build_entry(foreign(), "line-1")
    assert entry.record.id == "line-1"
    assert not entry.written
    kinds = {(source.path, source.kind) for sources in entry.sources.values() for source in sources}
    assert ("flight_id", "result") in kinds
    assert ("passenger_name", "user") in kinds
    figures = count(foreign())
    assert (figures.accepted, figures.written, figures.planned) == (1, 0, 0)
    assert figures.flows[("search_flights", "book_flight")] == 1
    said = " ".join(list_unknowns(figures))
    for words in ("those of the rules", "There is no plan", "No judge"):
        assert words in said
    assert cards(figures)["tokens"][0] == "–"
    broken = foreign()
    del broken["messages"][3]
    assert count(broken).rejecting["unanswered_call"] == 1


@pytest.mark.parametrize(
    "data", [None, [], "text", {}, {"messages": 3}, {"messages": [None, {"role": 7}], "tools": {"a": 1}}]
)
def test_what_is_no_dialogue_is_shown_with_its_finding(data: object) -> None:
    figures = count(data)
    assert (figures.rejected, figures.accepted) == (1, 0)
    assert figures.rejecting


def test_a_record_that_does_not_fit_is_read_like_anybodys() -> None:
    data = accepted()
    data["plan"] = {"requests": "none"}
    entry = build_entry(data, "x")
    assert not entry.written
    assert {finding.code for finding in entry.record.verdict.findings} == {"malformed_message"}


def test_marks_of_a_judge_that_do_not_fit_leave_the_record_as_it_is() -> None:
    data = rejected()
    data["judgement"] = {"scores": {"nat": "high", "coh": 4}, "turns": [{"message_index": "x"}, 7], "by": 3}
    entry = build_entry(data, "x")
    assert entry.written
    assert entry.judgement is not None
    assert (entry.judgement.scores, entry.judgement.turns, entry.judgement.by) == ({"coh": 4.0}, (), {})


def test_a_run_tells_its_mix_and_both_verdicts(tmp_path: Path) -> None:
    shown = {"mix": render_mix(DEFAULT_MIX), "tools": "213 tools, 4fa600b19055"}
    with open_store(tmp_path / "run") as store:
        store.begin(shown, num=3, shown={})
        for index in range(4):
            store.add(index, make_record(index, accepted=index != 1))
    origin = read_origin(tmp_path / "run")
    assert (origin.is_run, origin.mix, origin.catalogue) == (True, DEFAULT_MIX, "213 tools")
    entries = list(read_entries(tmp_path / "run"))
    assert [entry.record.id for entry in entries] == [f"d-{index:06d}" for index in range(4)]
    figures = build_figures(map(build_facts, entries), origin)
    assert (figures.accepted, figures.rejected) == (3, 1)
    assert cards(figures, origin)["yield"] == ("75.0%", "accepted of all that were played")
    assert cards(figures, origin)["cost per accepted"][1].startswith("no price of fake")


def test_shares_are_read_back_as_they_were_written() -> None:
    assert parse_shares(render_mix(DEFAULT_MIX)) == DEFAULT_MIX
    assert parse_shares("") == {}


def test_plots_are_well_formed_whatever_the_names_are() -> None:
    figures = count(
        accepted(), rejected(), hostile(), origin=Origin("x", is_run=True, mix=parse_shares(render_mix(DEFAULT_MIX)))
    )
    plots = [plot for plot in build_plots(figures) if plot.svg]
    assert len(plots) >= 9
    for svg in [*(plot.svg for plot in plots), render_tool_map(build_tool_map(figures))]:
        root = ET.fromstring(svg)
        assert root.tag == f"{SVG}svg"
        assert root.get("aria-label")
        assert not list(root.iter(f"{SVG}script"))
        assert not [name for node in root.iter() for name in node.attrib if name.startswith("on") or "href" in name]


def test_bars_show_value_mark_and_what_they_pick() -> None:
    svg = render_bars("B", [Bar("one", 0.5, "50%", mark=1.0, pick=Pick("behaviour", "one")), Bar("two", 0)])
    root = ET.fromstring(svg)
    picked = root.find(f"{SVG}g[@data-filter='behaviour']")
    assert picked is not None
    assert (picked.get("data-value"), picked.get("aria-label"), picked.get("tabindex")) == ("one", "one: 50%", "0")
    lengths = [float(bar.get("width", "")) for bar in root.iter(f"{SVG}rect") if bar.get("class") == "c1"]
    # The mark stands at the full width, the bar at half of it; nothing has no length.
    assert lengths == [113.0, 0.0]
    assert picked.find(f"{SVG}path[@class='mark']") is not None


def test_columns_are_as_high_as_their_counts() -> None:
    root = ET.fromstring(render_columns("C", [("1", 4), ("2", 2), ("3", 0)], axis="turns", pick="turns"))
    heights = [float(bar.get("height", "")) for bar in root.iter(f"{SVG}rect") if bar.get("class") == "c1"]
    assert heights == [132.0, 66.0, 0.0]


def test_a_long_tail_of_columns_is_gathered_in_the_last() -> None:
    facts = [
        build_facts(build_entry({"messages": [{"role": "user", "content": "hi"}] * turns}, "x"))
        for turns in range(1, 40)
    ]
    plots = build_plots(build_figures(facts, FILE))
    turns = next(plot for plot in plots if plot.title == "Turns per dialogue")
    assert 'aria-label="24+ turns: 16"' in turns.svg


def test_ranks_and_shares_draw_empty_data_too() -> None:
    for svg in (
        render_ranks("R", [], axis="tools"),
        render_ranks("R", [3, 0], axis="tools"),
        render_shares("S", [("nat", "3.00", [0, 0, 0, 0, 0])], ["s1", "s2", "s3", "s4", "s5"]),
        render_bars("B", []),
    ):
        ET.fromstring(svg)
    assert build_plots(Figures())


def test_tools_that_hand_values_on_stand_side_by_side() -> None:
    weights = {("a", "b"): 5, ("b", "c"): 5, ("x", "y"): 5, ("y", "z"): 5, ("c", "x"): 1}
    groups = find_communities(["z", "lone", "c", "x", "b", "y", "a"], weights)
    assert sorted(map(sorted, groups)) == [["a", "b", "c"], ["lone"], ["x", "y", "z"]]
    assert groups[-1] == ["lone"]


def test_many_tools_are_cut_to_the_most_called_and_it_is_said() -> None:
    figures = Figures(tools=Counter({f"tool_{place:03}": 1000 - place for place in range(400)}))
    figures.flows = Counter({("tool_000", "tool_001"): 3, ("tool_000", "tool_399"): 2, ("tool_000", "tool_000"): 9})
    tool_map = build_tool_map(figures)
    assert (len(tool_map.tools), tool_map.left_out) == (240, 160)
    assert {(tool_map.tools[a], tool_map.tools[b]) for a, b, _ in tool_map.flows} == {("tool_000", "tool_001")}
    root = ET.fromstring(render_tool_map(tool_map))
    nodes = [node for node in root.iter(f"{SVG}g") if node.get("data-node")]
    assert len(nodes) == 240
    left, top, width, height = (float(part) for part in root.get("viewBox", "").split())
    for circle in root.iter(f"{SVG}circle"):
        assert left < float(circle.get("cx", "")) < left + width
        assert top < float(circle.get("cy", "")) < top + height


def test_an_evaluation_is_shown_with_its_headlines() -> None:
    evaluation = {
        "schema": 1,
        "data": "/home/somebody/<b>",
        "coherence": {"ss": 61.25, "ss_error": 0.5, "enr": None},
        "diversity": {"spoken": {"entropy": 9.5, "distinct_3": 0.4}},
        "new_measure": {"of <i>": [1, 2], "many": list(range(50)), "there": True},
        "cannot_judge": ["EnR: <no model>"],
    }
    shown = render_assessment(evaluation)
    for words in ("61.25", "± 0.5", "9.5", "new measure", "50 entries", "EnR: &lt;no model&gt;", "1, 2", "yes"):
        assert words in shown
    assert "<b>EnR" not in shown.replace("<b>–</b>", "")
    assert "Of &lt;b&gt;." in shown
    for left_out in ("<i>", "Of <b>", "somebody"):
        assert left_out not in shown
    assert render_assessment({"schema": 1}) == ""
    ET.fromstring(f"<div>{shown}</div>")


def test_gzip_and_lists_are_read(tmp_path: Path) -> None:
    import gzip

    packed = tmp_path / "data.jsonl.gz"
    packed.write_bytes(gzip.compress((json.dumps(foreign()) + "\n").encode()))
    listed = tmp_path / "data.json"
    listed.write_text(json.dumps([foreign(), foreign()], indent=1))
    assert [len(list(read_entries(path))) for path in (packed, listed)] == [1, 2]


def test_islands_are_read_back(tmp_path: Path) -> None:
    from toolflow_graph.evaluation.report import build_report

    page = build_report(write(tmp_path / "d.jsonl", *[accepted(), rejected(), foreign()] * 30))
    bodies = read_island(page, "dialogues")
    assert len(bodies) == 90
    # A tool that ninety dialogues offer is there once.
    assert len(read_island(page, "tools")) == len(accepted()["tools"])
    body = bodies[1]
    assert body["findings"][0]["reason"] == "seats come from nowhere"
    assert body["messages"][8]["calls"][0]["sources"][0] == ["flight_id", "result", 3, "flights[0].flight_id", None, []]
    assert (body["messages"][8]["calls"][0]["result"], body["messages"][9]["shown"]) == (9, "call")
    assert body["messages"][10]["untrained"] is True
    (index,) = read_island(page, "index")
    row = dict(
        zip(("id", "accepted", "turns", "calls", "messages", "lowest", "errors"), index["rows"][1], strict=False)
    )
    assert row == {"id": "sample-2", "accepted": 0, "turns": 4, "calls": 4, "messages": 16, "lowest": 2.0, "errors": 1}
