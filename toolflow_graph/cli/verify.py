"""``verify FILE`` and ``rules list``: judge any dialogues, and say what is judged."""

import gc
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolflow_graph.cli.score import score
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.wording import COMMAND, count_of

if TYPE_CHECKING:
    from toolflow_graph.types import Verdict
    from toolflow_graph.verification import Rule, Transcript

rules_app = typer.Typer(help="The verifier's rules.", no_args_is_help=True, rich_markup_mode=None)
rules_app.command("score", short_help="How many broken dialogues of each kind the rules find.")(score)


def verify(
    file: Annotated[
        Path, typer.Argument(help="JSONL of dialogues: ours, or plain OpenAI messages + tools; .gz is fine.")
    ],
    every: Annotated[bool, typer.Option("--all", help="Also print each dialogue with its findings.")] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Also find values that may have been worked out or chosen in dialogues that were not made here.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Run every rule on the dialogues of FILE, whatever verdict is written there.

    Exit code: 0 all are accepted, 1 some are rejected, 2 the file cannot be read or holds no dialogue.
    """
    from toolflow_graph.dataset.reading import read_dialogues
    from toolflow_graph.errors import UsageError
    from toolflow_graph.verification import verify as judge

    report = Report()
    # Thousands of small objects that hold no circles: the collector would look at them over and over.
    threshold = gc.get_threshold()
    gc.set_threshold(100_000, *threshold[1:])
    try:
        for line, transcript in read_dialogues(file, strict=strict or None):
            report.add(line, transcript, judge(transcript))
    except UsageError as error:
        if not report.entries:
            raise
        before = f"{count_of(len(report.entries), 'dialogue')} before it could be read; nothing was judged"
        raise UsageError(
            f"{error.problem} ({before})", expected=error.expected, hint="mend the file at that place"
        ) from None
    finally:
        gc.set_threshold(*threshold)
    # Only now: of a file that cannot be read to its end, no verdict is told.
    if every and not as_json:
        for entry in report.entries:
            typer.echo(_dialogue_lines(entry))
    typer.echo(json.dumps(report.to_json(str(file)), ensure_ascii=False, indent=1) if as_json else report.to_text())
    if report.rejected:
        raise typer.Exit(1)


# Small words that are frequent in English and rare elsewhere ("in", "is" and "on" are words of many languages).
_ENGLISH = frozenset(
    "the and you for are to of that have can what please with my i your this would like from here how".split()  # noqa: SIM905
)


_LETTERS = lazy_regex(r"[^\W\d_]+")


def guess_language(transcript: "Transcript") -> str | None:
    """What is said in another language than English, as far as its letters and small words tell; None for English."""
    text = " ".join(m.content or "" for m in transcript.messages if m.role in ("user", "assistant"))[:4000]
    letters = "".join(_LETTERS.findall(text))
    if len(letters) < 40:
        return None
    if len(letters.encode("ascii", "ignore")) < 0.5 * len(letters):
        return "another script"
    words = re.findall(r"[^\W\d_]+(?:'s)?", text.lower().replace("’", "'"))
    return None if sum(word in _ENGLISH for word in words) > 0.08 * len(words) else "another language"


class Report:
    """Verdicts in numbers: dialogues, and findings by rule."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.findings: Counter[str] = Counter()
        self.dialogues: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.without_plan = 0
        self.without_returns = 0
        self.without_tools = 0
        self.leniently = 0
        self.other_languages: Counter[str] = Counter()
        self.differing: list[str] = []

    @property
    def rejected(self) -> int:
        return sum(not entry["accepted"] for entry in self.entries)

    def add(self, line: int, transcript: "Transcript", verdict: "Verdict") -> dict[str, Any]:
        """Count a verdict; returns the dialogue's own entry."""
        name = transcript.id or f"line {line}"
        entry: dict[str, Any] = {"line": line, "id": transcript.id, "accepted": verdict.accepted}
        entry["findings"] = [finding.to_json() for finding in verdict.findings]
        self.entries.append(entry)
        self.without_plan += transcript.plan is None
        self.without_tools += not transcript.tools
        self.leniently += not transcript.strict
        self.without_returns += bool(transcript.tools) and all(tool.returns is None for tool in transcript.tools)
        if (language := guess_language(transcript)) is not None:
            self.other_languages[language] += 1
        if transcript.written_verdict is not None and transcript.written_verdict != verdict.accepted:
            self.differing.append(name)
        self.findings.update(finding.code for finding in verdict.findings)
        self.dialogues.update({finding.code for finding in verdict.findings})
        for finding in verdict.findings:
            place = "" if finding.message_index is None else f", message {finding.message_index}"
            self.examples.setdefault(finding.code, f"line {line}{place}: {finding.reason}")
        return entry

    def to_json(self, file: str) -> dict[str, Any]:
        """The whole report as one JSON object."""
        return {
            "file": file,
            "dialogues": len(self.entries),
            "accepted": len(self.entries) - self.rejected,
            "rejected": self.rejected,
            "without_plan": self.without_plan,
            "without_tools": self.without_tools,
            "without_returns": self.without_returns,
            "values_left_open": self.leniently,
            "other_languages": dict(self.other_languages),
            "differs_from_written": self.differing,
            "rules": {
                rule.code: {
                    "severity": rule.severity,
                    "findings": self.findings[rule.code],
                    "dialogues": self.dialogues[rule.code],
                    "hint": rule.hint,
                }
                for rule in self._found()
            },
            "results": self.entries,
        }

    def _found(self) -> "list[Rule]":
        from toolflow_graph.verification import RULES

        return [rule for rule in RULES.values() if rule.code in self.findings]

    def to_text(self) -> str:
        """A table of findings by rule, the most frequent first, and the totals."""
        lines = []
        found = sorted(self._found(), key=lambda rule: (-self.dialogues[rule.code], rule.code))
        if found:
            lines.append(f"{'rule':<22} {'severity':<8} {'findings':>8} {'dialogues':>9}  first")
            for rule in found:
                example = _shorten(self.examples[rule.code], 90)
                counts = f"{self.findings[rule.code]:>8} {self.dialogues[rule.code]:>9}"
                lines.append(f"{rule.code:<22} {rule.severity:<8} {counts}  {example}")
                lines.append(f"{'':<51}  -> {rule.hint}")
            lines.append("")
        total = len(self.entries)
        lines.append(f"{count_of(total, 'dialogue')}: {total - self.rejected} accepted, {self.rejected} rejected")
        lines += self._unjudged(total)
        if self.differing:
            shown = ", ".join(self.differing[:5]) + (", ..." if len(self.differing) > 5 else "")
            differ = "differs" if len(self.differing) == 1 else "differ"
            lines.append(f"{len(self.differing)} {differ} from the verdict that is written: {shown}")
        return "\n".join(lines)

    def _unjudged(self, total: int) -> Iterator[str]:
        """What the rules could not look at, and why."""
        from toolflow_graph.verification import RULES

        def of_them(count: int) -> str:
            return "it has" if total == 1 else f"{count} of them {'has' if count == 1 else 'have'}"

        def needing(what: str) -> str:
            return count_of(sum(what in rule.needs for rule in RULES.values()), "rule")

        if self.without_tools:
            yield f"{of_them(self.without_tools)} no tools: {needing('tools')} that need them do not apply"
        if self.without_plan:
            listed = f"{COMMAND} rules list"
            yield f"{of_them(self.without_plan)} no plan: {needing('plan')} that need one do not apply (see: {listed})"
        if self.without_returns:
            have = of_them(self.without_returns)
            yield f"{have} tools without 'returns': what results hold is not checked against a schema"
        if self.leniently:
            were = "it was" if total == 1 else f"{self.leniently} of them {'was' if self.leniently == 1 else 'were'}"
            yield f"{were} not made here: values that may have been worked out are left open (--strict finds them)"
        if self.other_languages:
            told = ", ".join(f"{name} {count}" for name, count in self.other_languages.most_common())
            yield f"not in English ({told}): rules about wording and stated values read English, so they see less"


def _dialogue_lines(entry: dict[str, Any]) -> str:
    lines = [f"line {entry['line']} {entry['id']} {'accepted' if entry['accepted'] else 'rejected'}".replace("  ", " ")]
    for finding in entry["findings"]:
        place = "" if finding.get("message_index") is None else f" message {finding['message_index']}:"
        lines.append(f"  {finding['severity']} {finding['code']}:{place} {finding['reason']}")
    return "\n".join(lines)


def _shorten(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 3] + "..."


@rules_app.command("list", short_help="What each rule looks for, and whether it rejects.")
def list_rules(
    markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/rules.md.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Say of every rule what it looks for, whether it rejects, and what it needs."""
    from toolflow_graph.verification import RULES

    rules = list(RULES.values())
    if markdown:
        typer.echo(render_markdown(rules), nl=False)
    elif as_json:
        plain = [
            {
                "code": r.code,
                "severity": r.severity,
                "needs": list(r.needs),
                "explanation": r.explanation,
                "hint": r.hint,
            }
            for r in rules
        ]
        typer.echo(json.dumps(plain, indent=1))
    else:
        for rule in rules:
            needs = f" (needs {', '.join(rule.needs)})" if rule.needs else ""
            typer.echo(f"{rule.code:<22} {rule.severity:<8} {rule.explanation}{needs}")
            typer.echo(f"{'':<31} -> {rule.hint}")


_HEADINGS = {
    "structure": "Order, answers and endings",
    "calls": "Calls and results",
    "world": "A world that stays true",
    "groundrules": "Where values come from",
    "text": "What is said",
    "delivery": "How answers are given",
    "weekdays": "What the assistant states",
    "planrules": "The plan",
    "behaviours": "Behaviours",
    "consent": "The user's yes",
}


def render_markdown(rules: "list[Rule]") -> str:
    """``docs/rules.md``: the rules by group."""
    lines = [
        "# Rules of the verifier",
        "",
        "Written by `python -m toolflow_graph rules list --markdown`; do not edit by hand.",
        "",
        "A dialogue is accepted if and only if no rule of severity *error* has a finding. A rule that needs something",
        "that a dialogue does not carry (a plan, tools, return schemas) does not apply to it. Rules about wording read",
        "English.",
    ]
    for group, heading in _HEADINGS.items():
        lines += ["", f"## {heading}", "", "| code | severity | needs | finds | what to do |", "|---|---|---|---|---|"]
        for rule in rules:
            if rule.group == group:
                text = rule.explanation.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")
                lines.append(f"| `{rule.code}` | {rule.severity} | {', '.join(rule.needs)} | {text} | {rule.hint} |")
    return "\n".join(lines) + "\n"
