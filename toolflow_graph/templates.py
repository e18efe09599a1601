"""Prompt templates: Markdown files with ``$name`` variables (``string.Template``; ``$$`` is a dollar sign).

A file may hold several parts: a line ``--- NAME`` begins the part NAME, what stands before the first such line is the
part "" (the system message). A part that a user's file leaves out is taken from the shipped prompt, so a file without
any such line swaps the system message and nothing else. A heading with nothing but an empty variable on the line below
it is left out.

A template is checked when it is loaded: an unknown variable or part is a mistake, reported for all files at once and
before any call; an unused one is fine. Nothing of a prompt lives in Python.
"""

import difflib
import hashlib
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from string import Template as _StringTemplate

from toolflow_graph.behaviours import BEHAVIOURS, MISHAPS
from toolflow_graph.errors import UsageError
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.wording import COMMAND

STYLES = ("plain", "terse", "chatty", "formal", "casual", "impatient", "non_native", "rambling")
"""How a user writes; the user prompt has a part for each that says what it means."""

_SHAPES = ("any", *(name for name in BEHAVIOURS if name not in ("error_recovery", "search_first")), "never_offered")

PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "planner": {
        "": ("now", "weekday", "profile", "language"),
        "task": ("tools", "others", "links", "target_turns", "shapes", "now", "weekday", "profile", "language"),
        **{name: ("fitting",) if name == "injection" else () for name in (*_SHAPES, *MISHAPS)},
        "repair": ("attempt", "reason"),
    },
    "user": {
        "": ("now", "weekday", "profile", "style", "language"),
        "open": ("intent", "facts", "earlier", "later", "reply"),
        "free": ("topics", "reply"),
        "continue": ("intent", "facts", "asked", "earlier", "reply"),
        "revise": ("intent", "facts", "revision", "earlier", "reply"),
        "press": ("intent", "facts", "earlier", "reply"),
        "arrived": ("intent", "facts", "earlier", "reply", "occasion"),
        "occasions": (),
        **{f"style_{name}": () for name in STYLES},
        "repair": ("attempt", "reason"),
    },
    "assistant": {"": (), "advice": ("reasons",), "repair": ("attempt", "reason")},
    "tool": {
        "": ("now", "weekday", "profile"),
        "call": ("tool", "returns", "arguments"),
        "again": ("name", "arguments"),
        "known": ("known",),
        "spoken": ("facts",),
        "not_found": ("value",),
        "invalid": ("value",),
        "empty": ("value",),
        "inject": ("address", "tool"),
        "repair": ("attempt", "reason"),
    },
    "judge": {"": (), "task": ("tools", "dialogue", "turns"), "repair": ("attempt", "reason")},
    "system": {"": ("now", "weekday", "profile"), "confirm": (), "policy": ("policy",)},
}
"""The parts of each prompt and the variables each part may use. The assistant's guidance has none: it is constant."""

PLAYED_PROMPTS = tuple(name for name in PARTS if name != "judge")
"""The prompts that a dialogue is played with; a judge comes afterwards."""

_PART = lazy_regex(r"^--- *([a-z_]+) *$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Template:
    """A loaded prompt: its parts, where it came from, and its text (a record keeps the text's hash)."""

    name: str
    text: str
    origin: str

    @property
    def hash(self) -> str:
        """First 16 hex digits of the text's sha256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    def render(self, part: str = "", **variables: str) -> str:
        """Fill in the variables of one part; a heading over an empty variable is left out."""
        text = _split(self.text).get(part)
        if text is None:
            text = _split(default_prompts()[self.name])[part]
        kept = [paragraph for paragraph in _paragraphs(text) if not _is_empty(paragraph, variables)]
        return "\n\n".join(_StringTemplate(paragraph).substitute(variables) for paragraph in kept).strip()


@lru_cache(maxsize=64)
def _split(text: str) -> dict[str, str]:
    pieces = _PART.split(text)
    return {"": pieces[0], **dict(zip(pieces[1::2], pieces[2::2], strict=True))}


@lru_cache(maxsize=256)
def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(re.split(r"\n[ \t]*\n", text.strip("\n")))


def _is_empty(paragraph: str, variables: Mapping[str, str]) -> bool:
    lines = [line for line in paragraph.strip().split("\n") if line != '"""']
    return len(lines) <= 2 and lines[-1].startswith("$") and variables.get(lines[-1][1:].strip("{}")) == ""


def check_template(template: Template) -> list[str]:
    """What is wrong with a template, as short sentences; empty if nothing is."""
    known = PARTS[template.name]
    problems = [] if template.text.strip() else [f"{template.origin}: the prompt is empty"]
    for part, text in _split(template.text).items():
        place = f"{template.origin}, part {part!r}" if part else template.origin
        if part not in known:
            problems.append(
                f"{place}: no such part; {template.name}.md knows {', '.join(name for name in known if name)}"
            )
            continue
        parsed = _StringTemplate(text)
        if not parsed.is_valid():
            problems.append(f"{place}: a lone '$' (write '$$' for a dollar sign)")
        unknown = [name for name in parsed.get_identifiers() if name not in known[part]]
        if unknown:
            allowed = ", ".join(f"${name}" for name in known[part]) or "no variables"
            problems.append(f"{place}: unknown {', '.join(f'${name}' for name in unknown)}; it knows {allowed}")
    return problems


@lru_cache(maxsize=1)
def default_prompts() -> dict[str, str]:
    """The shipped prompts, name -> text, in the order of :data:`PARTS`."""
    folder = files("toolflow_graph.prompts")
    return {name: (folder / f"{name}.md").read_text(encoding="utf-8") for name in PARTS}


def load_templates(folder: Path | None = None, overrides: Sequence[str] = ()) -> dict[str, Template]:
    """Load all prompts: the shipped ones, then those in ``folder``, then single ``ROLE=FILE`` overrides.

    Raises:
        UsageError: if the folder or a file is missing, a file's name in the folder misses a prompt's by a letter or
            two, or any variable is unknown (all problems in one message).
    """
    templates = {name: Template(name, text, f"prompts/{name}.md") for name, text in default_prompts().items()}
    known = [f"{name}.md" for name in PARTS]
    if folder is not None:
        if not folder.is_dir():
            raise UsageError(f"--prompts {str(folder)!r} is no folder", expected="a folder with some of", known=known)
        _check_names(folder)
        found = sorted(path for path in folder.iterdir() if path.suffix == ".md" and path.stem in PARTS)
        if not found:
            raise UsageError(f"--prompts {str(folder)!r} holds no prompt", expected="at least one of", known=known)
        for path in found:
            templates[path.stem] = Template(path.stem, _read(path), str(path))
    for override in overrides:
        name, equals, file = override.partition("=")
        if not equals or name not in PARTS:
            raise UsageError(f"--prompt {override!r}", expected="ROLE=FILE with a role of", known=list(PARTS))
        templates[name] = Template(name, _read(Path(file)), file)
    check_templates(templates)
    return templates


def build_templates(texts: Mapping[str, str], origin: str = "context") -> dict[str, Template]:
    """Templates from texts (Studio's context fields).

    Raises:
        UsageError: if any variable is unknown.
    """
    templates = {name: Template(name, text, f"{origin}: {name}") for name, text in texts.items()}
    check_templates(templates)
    return templates


def check_templates(templates: Mapping[str, Template]) -> None:
    """Raise one UsageError that names every problem of every template."""
    found = {name: check_template(template) for name, template in templates.items()}
    wrong = [name for name, problems in found.items() if problems]
    if wrong:
        raise UsageError(
            "\n".join(problem for problems in found.values() for problem in problems),
            expected="a prompt with parts and variables that the shipped one knows, and '$$' for a dollar sign",
            hint=f"{COMMAND} prompts show {wrong[0]}",
        )


def _check_names(folder: Path) -> None:
    """A file that was meant to replace a prompt must not be passed over; other files (README.md) may lie there."""
    for path in sorted(folder.glob("*.md")):
        close = difflib.get_close_matches(path.stem.lower(), PARTS, n=1, cutoff=0.75)
        if close and path.stem not in PARTS:
            raise UsageError(
                f"--prompts {str(folder)!r}: {path.name!r} is no prompt's name, but nearly one",
                expected=f"{close[0]}.md (or a name that is unlike any prompt's)",
                known=[f"{name}.md" for name in PARTS],
                hint=f"mv {shlex.quote(str(path))} {shlex.quote(str(folder / close[0]))}.md",
            )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8 text"
        raise UsageError(
            f"cannot read the prompt {str(path)!r}: {reason}", expected="a Markdown file in UTF-8"
        ) from None
