"""What --model, --temperature and [[endpoint]] accept and refuse."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolflow_graph.errors import UsageError
from toolflow_graph.models.specs import (
    EndpointOptions,
    MemberSpec,
    parse_base_url,
    parse_endpoints,
    parse_model_flags,
    parse_pool,
    parse_temperature_flags,
)
from toolflow_graph.types import ROLES


def test_no_flag_means_the_offline_model() -> None:
    specs = parse_model_flags([])
    assert tuple(specs) == ROLES
    assert {str(spec) for spec in specs.values()} == {"offline"}


def test_one_spec_serves_every_role_and_a_role_may_have_its_own() -> None:
    specs = parse_model_flags(["assistant=qwen3-32b@http://127.0.0.1:8000/v1/", "gpt-4o"])
    assert str(specs["assistant"]) == "qwen3-32b@http://127.0.0.1:8000/v1"
    assert {str(specs[role]) for role in ("planner", "user", "tool")} == {"gpt-4o"}


def test_a_role_that_is_not_needed_may_be_left_out() -> None:
    flags = ["user=a", "assistant=b", "tool=c"]
    specs = parse_model_flags(flags, ["user", "assistant", "tool"])
    assert {role: str(spec) for role, spec in specs.items()} == {"user": "a", "assistant": "b", "tool": "c"}
    with pytest.raises(UsageError, match="no model for planner"):
        parse_model_flags(flags)
    with pytest.raises(UsageError, match="no model for tool"):
        parse_model_flags(["user=a", "assistant=b"], ["user", "assistant", "tool"])
    assert tuple(parse_model_flags([*flags, "d"], ["user", "assistant", "tool"])) == ROLES
    assert "planner" in parse_model_flags([*flags, "planner=d"], ["user", "assistant", "tool"])


def test_all_roles_need_no_default() -> None:
    specs = parse_model_flags([f"{role}=m-{role}" for role in ROLES])
    assert [str(spec) for spec in specs.values()] == [f"m-{role}" for role in ROLES]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["assistant=gpt-4o"], ["planner, user, tool", "--model NAME"]),
        (["gpt-4o", "gpt-4.1"], ["'gpt-4.1'", "second"]),
        (["user=a", "user=b", "c"], ["'user=b'", "twice"]),
        (["judge2=gpt-4o"], ["'judge2'", "planner, user, assistant, tool"]),
        (["user="], ["empty member"]),
        ([""], ["empty member"]),
        (["a,,b"], ["empty member"]),
        (["a*0,b"], ["'0'", "above 0"]),
        (["a*-1"], ["'-1'"]),
        (["a*nan"], ["'nan'"]),
        (["a*inf"], ["'inf'"]),
        (["a*much"], ["'much'"]),
        (["*0.5"], ["empty member"]),
        (["@http://h/v1"], ["no model name"]),
        (["m@http://"], ["malformed"]),
        (["m@http://h:port/v1"], ["malformed"]),
        (["m@localhost:8000/v1"], ["malformed", "http(s)://"]),
        (["m@10.0.0.1:8000"], ["malformed"]),
        (["m@ftp://h/v1"], ["malformed"]),
        (["foo@"], ["'foo@'", "NAME@http(s)://"]),
        (["user=foo@"], ["'foo@'", "NAME@http(s)://"]),
        (["foo@*0.5,bar"], ["'foo@*0.5,bar'", "NAME@http(s)://"]),
        (["foo@ "], ["NAME@http(s)://"]),
        (["@"], ["NAME@http(s)://"]),
        (["foo@http:"], ["NAME@http(s)://"]),
        (["foo@https:/h/v1"], ["NAME@http(s)://"]),
        (["m@http://h/v1?key=1"], ["'?'"]),
        (["m@http://h/v1/chat/completions"], ["http://h/v1"]),
        (["two words"], ["spaces"]),
    ],
)
def test_mistakes_say_what_was_given_and_what_to_type(flags: list[str], words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_model_flags(flags)
    for word in words:
        assert word in str(caught.value)


def test_a_password_in_a_url_is_refused_and_never_repeated() -> None:
    for url in ("http://me:hunter2@host/v1", "http://me:hunter2@host:bad/v1"):
        with pytest.raises(UsageError) as caught:
            parse_pool(f"m@{url}")
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "llama3.1:8b",
        "qwen2.5:latest",
        "llama3:latest",
        "no_such.module:attr",
        "@cf/meta/llama",
        "org/name@rev",
        "a=b/c",
    ],
)
def test_tags_are_names(name: str) -> None:
    if name == "a=b/c":
        with pytest.raises(UsageError, match="no role 'a'"):
            parse_model_flags([name])
        return
    assert parse_pool(name).members == (MemberSpec("name", name),)


def test_tags_with_a_base_url_are_names() -> None:
    (member,) = parse_pool("llama3:latest@http://localhost:11434/v1").members
    assert member == MemberSpec("name", "llama3:latest", "http://localhost:11434/v1")


def test_references_are_files_and_importable_modules(tmp_path: Path) -> None:
    for text in ("my/models.py:chat", f"{tmp_path}/x.py:Chat", "json.decoder:JSONDecoder", "json:loads"):
        assert parse_pool(text).members[0].kind == "reference"


def test_pools_have_weights_and_one_spelling() -> None:
    pool = parse_pool(" gpt-4o*0.7 , gpt-4.1*0.3,offline ")
    assert [(member.name, member.weight) for member in pool.members] == [
        ("gpt-4o", 0.7),
        ("gpt-4.1", 0.3),
        ("offline", 1.0),
    ]
    assert str(pool) == "gpt-4o*0.7,gpt-4.1*0.3,offline*1"
    assert parse_pool(str(pool)) == pool


@given(st.text(max_size=40))
def test_any_text_is_a_pool_or_a_named_mistake(text: str) -> None:
    try:
        pool = parse_pool(text)
    except UsageError:
        return
    assert pool.members
    assert all(member.name and member.weight > 0 for member in pool.members)


def test_temperatures() -> None:
    assert parse_temperature_flags([]) == {}
    assert parse_temperature_flags(["user=1.1"]) == {"user": 1.1}
    assert parse_temperature_flags(["0.7", "tool=0"]) == {"planner": 0.7, "user": 0.7, "assistant": 0.7, "tool": 0.0}
    for flags in (["hot"], ["2.1"], ["-0.1"], ["nan"], ["user=1", "user=1"], ["1", "1"], ["nobody=1"]):
        with pytest.raises(UsageError):
            parse_temperature_flags(flags)


def test_endpoints_tables() -> None:
    table = {"http://h:1/v1/": {"api_key_env": "MY_KEY", "seed": False}}
    assert parse_endpoints(table) == {"http://h:1/v1": EndpointOptions(api_key_env="MY_KEY", seed=False)}
    mistakes: list[Any] = [{"http://h": {"key": "x"}}, {"http://h": {"seed": "no"}}, {"h/v1": {}}, {"http://h": "x"}]
    for mistake in mistakes:
        with pytest.raises(UsageError):
            parse_endpoints(mistake)


def test_base_urls_lose_their_last_slash() -> None:
    assert parse_base_url("https://h/v1//", "x") == "https://h/v1"
