"""Prompt files: parts, variables, and every mistake told before any call."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolflow_graph.errors import UsageError
from toolflow_graph.templates import PARTS, Template, build_templates, check_template, default_prompts, load_templates


def test_shipped_prompts_are_valid() -> None:
    templates = load_templates()
    assert list(templates) == ["planner", "user", "assistant", "tool", "judge", "system"]
    assert all(check_template(template) == [] for template in templates.values())


def test_shipped_prompts_have_every_part() -> None:
    for name, parts in PARTS.items():
        for part, variables in parts.items():
            filled = dict.fromkeys(variables, "VALUE")
            assert Template(name, default_prompts()[name], "shipped").render(part, **filled)


def test_part_missing_from_a_users_file_is_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "user.md").write_text("You are a grumpy customer. It is $now.")
    template = load_templates(tmp_path)["user"]
    assert template.render(now="noon", weekday="", profile="", style="") == "You are a grumpy customer. It is noon."
    shipped = load_templates()["user"]
    variables = {"intent": "know the time", "facts": "- city: Lyon", "earlier": "", "later": "", "reply": ""}
    assert template.render("open", **variables) == shipped.render("open", **variables)
    assert template.hash != shipped.hash


def test_heading_over_an_empty_variable_is_left_out() -> None:
    text = "It is $now.\n\nAbout the user:\n$profile\n"
    template = Template("system", text, "x")
    assert template.render(now="noon", weekday="", profile="") == "It is noon."
    assert (
        template.render(now="noon", weekday="", profile="- name: Ana") == "It is noon.\n\nAbout the user:\n- name: Ana"
    )


def test_text_beside_an_empty_variable_stays() -> None:
    template = Template("system", "You are Flightbot, at your service.\nUser: $profile", "x")
    assert template.render(now="", weekday="", profile="").startswith("You are Flightbot")


def test_all_unknown_variables_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "user.md").write_text("$who $now\n--- open\n$intent $tools\n--- nonsense\nx")
    (tmp_path / "tool.md").write_text("costs 5 $ each")
    with pytest.raises(UsageError) as caught:
        load_templates(tmp_path)
    message = str(caught.value)
    assert "$who" in message
    assert "part 'open': unknown $tools; it knows $intent, $facts, $earlier, $later, $reply" in message
    assert "part 'nonsense': no such part" in message
    assert "tool.md: a lone '$'" in message
    assert "expected: a prompt with parts and variables that the shipped one knows, and '$$' for" in message
    assert "try:      python -m toolflow_graph prompts show user" in message


@pytest.mark.parametrize(
    ("name", "close"), [("usr", "user"), ("User", "user"), ("tools", "tool"), ("planer", "planner")]
)
def test_file_whose_name_is_nearly_a_prompts_is_a_mistake(tmp_path: Path, name: str, close: str) -> None:
    (tmp_path / "system.md").write_text("You help.")
    (tmp_path / f"{name}.md").write_text("You are grumpy.")
    with pytest.raises(UsageError, match=f"{name}.md' is no prompt's name") as caught:
        load_templates(tmp_path)
    assert caught.value.expected.startswith(f"{close}.md")


def test_other_files_may_lie_beside_prompts(tmp_path: Path) -> None:
    for name in ("system.md", "README.md", "notes.md", "CHANGELOG.md", "usr.txt"):
        (tmp_path / name).write_text("You help.")
    assert load_templates(tmp_path)["system"].text == "You help."


def test_assistant_guidance_takes_no_variables() -> None:
    with pytest.raises(UsageError, match=r"unknown \$now; it knows no variables"):
        build_templates({"assistant": "It is $now."})


@pytest.mark.parametrize(
    ("folder", "overrides", "expected"),
    [
        ("missing", (), "is no folder"),
        ("empty", (), "holds no prompt"),
        (None, ("planner",), "expected: ROLE=FILE"),
        (None, ("critic=x.md",), "expected: ROLE=FILE"),
        (None, ("planner=missing.md",), "cannot read the prompt 'missing.md'"),
    ],
)
def test_mistakes(tmp_path: Path, folder: str | None, overrides: tuple[str, ...], expected: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=expected):
        load_templates(tmp_path / folder if folder else None, overrides)


def test_single_prompt_wins_over_the_folder(tmp_path: Path) -> None:
    (tmp_path / "system.md").write_text("From the folder.")
    single = tmp_path / "mine.txt"
    single.write_text("From the file.")
    assert load_templates(tmp_path)["system"].text == "From the folder."
    assert load_templates(tmp_path, [f"system={single}"])["system"].text == "From the file."


@given(st.text(max_size=300))
def test_any_text_is_checked_or_rendered(text: str) -> None:
    template = Template("system", text, "x")
    if not check_template(template):
        template.render(now="n", weekday="w", profile="p")


def test_a_quotation_of_nothing_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "user.md").write_text('--- open\nThe reply:\n"""\n$reply\n"""\n\nNow you want to $intent')
    template = load_templates(tmp_path)["user"]
    variables = {"intent": "go", "facts": "", "earlier": "", "later": ""}
    assert template.render("open", reply="", **variables) == "Now you want to go"
    assert template.render("open", reply="Yes.", **variables) == 'The reply:\n"""\nYes.\n"""\n\nNow you want to go'
