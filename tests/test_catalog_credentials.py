"""Credentials are no parameters; a ``key`` that is something else is one."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.openapi_documents import OK, body_of, load_document, only, query
from toolflow_graph.catalog import load_catalogue
from toolflow_graph.catalog.credentials import find_everywhere, is_credential

CORPORA = Path(__file__).parents[2] / "shared" / "corpora"


def kept(folder: Path, parameters: list[dict[str, Any]], **rest: Any) -> list[str]:
    """The parameters that stay of a single operation."""
    return list(
        only(load_document(folder, {"/a": {"get": {"parameters": parameters, "responses": OK}}}, **rest)).parameters[
            "properties"
        ]
    )


@pytest.mark.parametrize(
    "description",
    [
        "Your API key.",
        "FraudLabs Pro API key",
        "Your personal key, from the dashboard",
        "An application key.",
        "The licence key required to use the service",
        "User authentication token",
        "OAuth token",
        "Assigned to you when you signed up",
    ],
)
def test_what_the_description_calls_a_credential_is_one(tmp_path: Path, description: str) -> None:
    assert kept(tmp_path, [query("key", description=description), query("q")]) == ["q"]


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("key", "The issue's key, such as PROJ-12"),
        ("key", "A map of attribute names"),
        ("key", "The API key to delete."),
        ("key", ""),
        ("token", "The access token to revoke."),
        ("token", "Token of the next page"),
        ("appid", "The game's id"),
        ("client_id", "Only orders of this client of the OAuth application"),
        ("signature", "PGP signature of the commit"),
        ("password", "The new user's password"),
        ("username", "Your user name"),
    ],
)
def test_what_is_about_something_else_stays(tmp_path: Path, name: str, description: str) -> None:
    assert kept(tmp_path, [query(name, description=description)]) == [name]


@pytest.mark.parametrize(
    "value", ["INSERT_YOUR_KEY", "YOUR_API_KEY", "<api key>", '"{{API_KEY}}"', "enter-your-token-here", "your app id"]
)
@pytest.mark.parametrize("where", ["example", "examples", "default", "enum"])
def test_a_placeholder_gives_a_credential_away(tmp_path: Path, where: str, value: str) -> None:
    parameter = query("key")
    if where == "example":
        parameter["example"] = value
    elif where == "examples":
        parameter["examples"] = {"one": {"value": value}}
    else:
        parameter["schema"] = {"type": "string", where: [value, "b"] if where == "enum" else value}
    assert kept(tmp_path, [parameter, query("q")]) == ["q"]


@pytest.mark.parametrize("value", ["my-key", "PROJ-12", "C major", "key", "country:key", "The key of your house"])
def test_an_example_of_another_key_gives_nothing_away(tmp_path: Path, value: str) -> None:
    assert kept(tmp_path, [query("key", example=value)]) == ["key"]


def everywhere(parameter: dict[str, Any], paths: int = 3, without: int = 0) -> dict[str, Any]:
    return {
        f"/a{index}": {"get": {"parameters": [query("q"), *([parameter] if index >= without else [])], "responses": OK}}
        for index in range(paths)
    }


def test_a_key_that_nobody_explains_and_every_operation_takes_is_a_credential(tmp_path: Path) -> None:
    def names(paths: dict[str, Any], **rest: Any) -> set[str]:
        return {name for tool in load_document(tmp_path, paths, **rest).tools for name in tool.parameters["properties"]}

    assert names(everywhere(query("key"))) == {"q"}
    assert names(everywhere(query("key", description="The key"))) == {"q"}
    # Explained; of some operations only; of one path only; in a document that says how it is secured.
    assert names(everywhere(query("key", description="The key of an issue"))) == {"q", "key"}
    assert names(everywhere(query("key"), without=1)) == {"q", "key"}
    one_path = {"/kv": {method: {"parameters": [query("key")], "responses": OK} for method in ("get", "put", "delete")}}
    assert names(one_path) == {"key"}
    schemes = {"securitySchemes": {"login": {"type": "http", "scheme": "bearer"}}}
    assert names(everywhere(query("key")), components=schemes) == {"q", "key"}


def test_fields_of_a_body_are_credentials_only_with_evidence(tmp_path: Path) -> None:
    def fields(**properties: Any) -> list[str]:
        operation = {"requestBody": body_of({"type": "object", "properties": properties}), "responses": OK}
        return list(only(load_document(tmp_path, {"/a": {"post": operation}})).parameters["properties"])

    text = {"type": "string"}
    assert fields(
        name=text,
        api_key=text,
        token={**text, "description": "Authentication token. Requires scope: `chat:write`"},
        secret={**text, "description": "Your Plaid API `secret`."},
        access_token={**text, "description": "The access token of the account."},
    ) == ["name"]
    stay = {
        "access_token": text,
        "client_secret": {**text, "description": "Shown once."},
        "password": {**text, "description": "The password to authenticate with."},
        "auth": {"type": "object", "properties": {"mode": text}, "description": "Authentication settings of the wlan"},
        "token": {**text, "description": "The access token to revoke."},
    }
    assert fields(**stay) == list(stay)


def test_a_required_field_that_is_left_out_is_not_required(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"api_key": {"type": "string"}, "q": {"type": "string"}}}
    body = body_of({**schema, "required": ["api_key", "q"]})
    tool = only(load_document(tmp_path, {"/a": {"post": {"requestBody": body, "responses": OK}}}))
    assert tool.parameters["required"] == ["q"]


def test_toolbench_files_keep_no_credentials(tmp_path: Path) -> None:
    path = tmp_path / "trains.json"
    path.write_text(
        '{"api_list": [{"name": "find", "required_parameters": [{"name": "apikey", "type": "STRING"},'
        ' {"name": "token", "default": "ENTER_HERE_A_VALID_TOKEN"}, {"name": "key", "description": "key of a city"}]}]}'
    )
    catalogue = load_catalogue([str(path)])
    assert only(catalogue).parameters["required"] == ["key"]
    assert catalogue.notes == ("trains: 2 credential parameters left out (apikey, token)",)


def test_plain_lists_keep_what_they_say(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(
        '[{"name": "call_it", "parameters": {"type": "object", "properties": {"api_key": {"type": "string"}}}}]'
    )
    assert list(only(load_catalogue([str(path)])).parameters["properties"]) == ["api_key"]


@given(
    st.text(max_size=20),
    st.sampled_from(["query", "header", "cookie", "formData", "body"]),
    st.text(max_size=60),
    st.lists(
        st.one_of(st.none(), st.integers(), st.text(max_size=30), st.lists(st.integers(), max_size=2)), max_size=3
    ),
)
def test_any_parameter_is_judged_and_only_a_name_that_may_be_one_by_its_words(
    name: str, place: str, said: str, values: list[Any]
) -> None:
    judged = is_credential(name, place, said, values)
    assert is_credential(name.upper() if name.isascii() else name, place, said, values) == judged
    assert not is_credential("city", "query", said)


@given(st.integers(2, 12), st.integers(0, 12))
def test_nearly_all_operations_means_four_in_five(count: int, with_key: int) -> None:
    operations = [(f"/{n}", [("key", "")] if n < with_key else [("q", "")]) for n in range(count)]
    assert ("key" in find_everywhere(operations)) == (min(with_key, count) >= 0.8 * count and min(with_key, count) > 1)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the public corpora are not beside this checkout")
def test_visual_crossing_has_no_key_and_the_others_keep_theirs() -> None:
    def names(file: str) -> set[str]:
        tools = load_catalogue([str(CORPORA / "openapi" / file)]).tools
        return {name for tool in tools for name in tool.parameters["properties"]}

    assert "key" not in names("visualcrossing-weather.openapi3.yaml") | names("weatherbit.swagger2.yaml")
    assert {"feed_key", "group_key"} <= names("adafruit.openapi3.yaml")
    assert {"template_key", "client_id"} <= names("box.openapi3.yaml")
    assert {"lookup_keys", "key", "token"} <= names("stripe.swagger2.yaml")
    assert not {"token", "client_secret"} & names("slack.swagger2.yaml")
