"""``--backend NAME=REF``: read, refused with a reason, never a key repeated."""

from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolflow_graph.backends.flags import (
    BackendFlag,
    parse_backend_flags,
    parse_command,
    parse_url,
    secrets_in,
)
from toolflow_graph.errors import UsageError

NAMES = st.text(ascii_letters + digits + "_-*?", min_size=1, max_size=20)
WORDS = st.text(ascii_letters + digits + "./:", min_size=1, max_size=12)
SECRETS = st.text(ascii_letters + digits, min_size=8, max_size=20).filter(lambda text: not text.isdigit())


def test_every_form() -> None:
    items = [
        "weather=my_tools.weather:now",
        "files_*=lib/files.py:Files",
        "*=mcp:npx -y '@scope/server' --root /data",
        "mail=mcp+http://127.0.0.1:8000/mcp",
        "chat=mcp+https://$CHAT_TOKEN@host/mcp?team=a",
    ]
    flags = parse_backend_flags(items)
    assert [flag.kind for flag in flags] == ["reference", "reference", "stdio", "http", "http"]
    assert [str(flag) for flag in flags] == items
    assert [flag.is_pattern for flag in flags] == [False, True, True, False, False]
    assert parse_backend_flags(()) == ()


def test_names_match_as_in_a_shell() -> None:
    flag = BackendFlag("files_*", "reference", "a:b")
    assert flag.matches("files_read")
    assert not flag.matches("Files_read")
    assert not flag.matches("my_files_read")
    assert BackendFlag("read", "reference", "a:b").matches("read")
    assert not BackendFlag("read", "reference", "a:b").matches("read_all")


@given(NAMES, st.lists(WORDS, min_size=1, max_size=4))
def test_what_is_read_is_what_was_written(name: str, words: list[str]) -> None:
    command = " ".join(words)
    (flag,) = parse_backend_flags([f"{name}=mcp:{command}"])
    assert (flag.name, flag.kind, flag.target) == (name, "stdio", command)
    assert parse_command(flag.target, {}) == ({}, words)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("weather", "incomplete"),
        ("=a:b", "incomplete"),
        ("weather=", "incomplete"),
        ("get weather=a:b", "no tool's name"),
        ("weather=just_a_name", "names no backend"),
        ("weather=file.py", "names no backend"),
        ("weather=https://host/mcp", "mcp+"),
        ("weather=mcp:", "no command"),
        ("weather=mcp:MODE=test", "no command"),
        ("weather=mcp:run 'unclosed", "cannot be read"),
        ("weather=mcp+ftp://host", "malformed"),
        ("weather=mcp+http://", "malformed"),
        ("weather=mcp+http://host:port/mcp", "malformed"),
    ],
)
def test_mistakes_are_told(item: str, said: str) -> None:
    with pytest.raises(UsageError, match=r"--backend") as caught:
        parse_backend_flags([item])
    assert said in str(caught.value)


def test_a_name_given_twice() -> None:
    with pytest.raises(UsageError, match="stands there twice"):
        parse_backend_flags(["a=m:f", "a=m:g"])


@given(SECRETS)
@pytest.mark.parametrize(
    "form",
    [
        "a=mcp:server --api-key {}",
        "a=mcp:server --api-key={}",
        "a=mcp:server --token {} --verbose",
        "a=mcp:GITHUB_TOKEN={} server",
        "a=mcp:npx mcp-remote https://host --header 'Authorization: Bearer {}'",
        "a=mcp+https://{}@host/mcp",
        "a=mcp+https://user:{}@host/mcp",
        "a=mcp+https://host/mcp?api_key={}",
    ],
)
def test_a_key_in_plain_text_is_refused_and_not_repeated(form: str, secret: str) -> None:
    def message(key: str) -> str:
        with pytest.raises(UsageError, match="plain text") as caught:
            parse_backend_flags([form.format(key)])
        return str(caught.value)

    # A secret may be a word of the message by chance; that the message is the same for every secret tells more.
    assert message(secret) == message("Zq7-another-Key-42")


@pytest.mark.parametrize(
    "item",
    [
        "a=mcp:server --api-key $KEY",
        "a=mcp:server --max-tokens 500",
        "a=mcp:server --token-file /run/token",
        "a=mcp:server --use-key --verbose",
        "a=mcp:GITHUB_TOKEN=${GITHUB_TOKEN} server",
        "a=mcp+https://${KEY}@host/mcp",
        "a=mcp+https://host/mcp?api_key=$KEY&monkey=x",
    ],
)
def test_variables_and_what_is_no_key_pass(item: str) -> None:
    (flag,) = parse_backend_flags([item])
    assert str(flag) == item


def test_variables_are_replaced_from_the_environment() -> None:
    environ = {"KEY": "s3cret-value", "N": "1"}
    variables, command = parse_command("TOKEN=$KEY MODE=x run --key ${KEY} '$N$' MODE=y", environ)
    assert variables == {"TOKEN": "s3cret-value", "MODE": "x"}
    assert command == ["run", "--key", "s3cret-value", "1$", "MODE=y"]
    assert parse_url("https://$KEY@host:1/mcp?k=$N", environ) == ("https://host:1/mcp?k=1", "s3cret-value")
    assert parse_url("http://host/mcp", environ) == ("http://host/mcp", None)
    # Hidden in messages; "1" would garble them.
    assert secrets_in("$KEY and $N", environ) == {"s3cret-value": "$KEY"}


@pytest.mark.parametrize("environ", [{}, {"KEY": ""}])
def test_a_variable_that_is_not_set(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"\$KEY"):
        parse_command("run $KEY", environ)
    with pytest.raises(UsageError, match=r"\$KEY"):
        parse_url("https://$KEY@host/", environ)
