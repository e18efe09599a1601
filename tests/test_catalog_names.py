"""Names in any script become valid, stay apart, and are split at words only."""

import json
import re
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.openapi_documents import OK, load_document
from toolflow_graph.catalog import load_catalogue
from toolflow_graph.catalog.naming import make_valid, name_of_path, tell_apart
from toolflow_graph.catalog.text import split_words
from toolflow_graph.catalog.transliteration import has_ascii_form, to_ascii

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@pytest.mark.parametrize(
    ("text", "ascii_text"),
    [
        ("straße", "strasse"),
        ("größe", "grosse"),
        ("données", "donnees"),
        ("cafe\u0301", "cafe"),
        ("Łódź", "Lodz"),
        ("Ærø", "Aero"),
        ("İstanbul", "Istanbul"),
        ("akaryakıt", "akaryakit"),
        ("получить погоду", "poluchit pogodu"),
        ("Щука", "Shchuka"),
        ("Ελλάδα", "Ellada"),
        ("ﬁn½", "fin1_2"),
        ("m²", "m2"),
        ("naïve—test", "naive_test"),
        ("获取_天气", "tor172i_rss235b"),
        ("Weather获取", "Weather-tl3lo276a"),
        ("हिन्दी", "j2bd4cyah0f"),
        ("get/user", "get/user"),
        ("🌤️", "_"),
    ],
)
def test_letters_are_spelt_in_ascii(text: str, ascii_text: str) -> None:
    assert to_ascii(text) == ascii_text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("straße", ["straße"]),
        ("größeMax", ["größe", "Max"]),
        ("getÜberblick", ["get", "Überblick"]),
        ("ÖPNVLinie2", ["ÖPNV", "Linie", "2"]),
        ("e\u0301te\u0301_passé", ["été", "passé"]),
        ("日本Guide", ["日本", "Guide"]),
        ("हिन्दी मौसम", ["हिन्दी", "मौसम"]),
        ("getUserByID", ["get", "User", "By", "ID"]),
        ("ids2", ["ids", "2"]),
        ("~", []),
    ],
)
def test_words_end_where_words_end(text: str, words: list[str]) -> None:
    assert split_words(text) == words


def test_paths_and_ids_of_api_documents(tmp_path: Path) -> None:
    paths = ["/données/{größe}", "/天气", "/新闻/{id}"]
    catalogue = load_document(
        tmp_path,
        {
            **{path: {"get": {"responses": OK}} for path in paths},
            "/c": {"get": {"operationId": "日本", "responses": OK}},
            "/d": {"get": {"operationId": "größe.lesen", "responses": OK}},
        },
    )
    names = [tool.name for tool in catalogue.tools]
    assert names == ["get_donnees_by_grosse", "get_rss235b", "get_efvy88h_by_id", "get_c", "grosse_lesen"]
    assert catalogue.tools[0].description == "Get données by größe."


def test_names_of_a_list_are_valid_distinct_stable_and_told(tmp_path: Path) -> None:
    def load(given: list[str]) -> dict[str, str]:
        path = tmp_path / "tools.json"
        path.write_text(json.dumps([{"name": name, "description": name} for name in given]), encoding="utf-8")
        catalogue = load_catalogue([str(path)])
        assert f"{len([name for name in given if not NAME.fullmatch(name)])} names made valid" in catalogue.notes[0]
        return {tool.description: tool.name for tool in catalogue.tools}

    given = [
        "获取天气",
        "查询天气",
        "получить",
        "grosse",
        "größe",
        "🌤",
        "!!",
        "天" * 80,
        "天" * 79 + "气",
        "x" * 80,
        "x" * 81,
    ]
    names = load(given)
    assert len(set(names.values())) == len(given)
    assert all(NAME.fullmatch(name) for name in names.values())
    assert (names["grosse"], names["größe"]) == ("grosse", "grosse_2"), "the name that was valid stays"
    backwards = load(given[::-1])
    assert all(backwards[name] == names[name] for name in ("获取天气", "查询天气", "получить", "grosse", "größe"))


def test_names_that_differ_in_case_only_are_two(tmp_path: Path) -> None:
    path = tmp_path / "tools.json"
    path.write_text('[{"name": "get_User"}, {"name": "get_user"}]')
    assert [tool.name for tool in load_catalogue([str(path)]).tools] == ["get_User", "get_user"]


def test_a_file_of_any_name_is_a_source(tmp_path: Path) -> None:
    for name in ("天气.json", "größe.json", "🌤.json"):
        (tmp_path / name).write_text('[{"name": "look_up"}]', encoding="utf-8")
    names = {tool.name for tool in load_catalogue([str(tmp_path)]).tools}
    assert names == {"rss235b_look_up", "grosse_look_up", "tools_look_up"}


@given(st.text(max_size=40))
def test_any_text_becomes_ascii_and_loses_no_letter(text: str) -> None:
    assert to_ascii(text).isascii()
    assert to_ascii(to_ascii(text)) == to_ascii(text)
    if has_ascii_form(text):
        assert NAME.fullmatch(make_valid(text))
    if any(char.isalnum() for char in text) and not set(text) & set("ъьЪЬ"):
        assert NAME.fullmatch(make_valid(text)), "what has a letter never becomes empty"
    assert NAME.fullmatch(name_of_path("GET", f"/{text}"))


@given(st.text(st.characters(categories=["Lo"], exclude_characters="ªº"), min_size=1, max_size=8))
def test_different_words_of_other_scripts_stay_different(word: str) -> None:
    """Punycode can be read back (RFC 3492)."""
    word = unicodedata.normalize("NFC", word)
    assume(not has_ascii_form(word))
    assert to_ascii(word).encode().decode("punycode") == word


@given(st.text("aZéß天9_ -я", max_size=30))
def test_words_are_pieces_of_the_text_in_order(text: str) -> None:
    words = split_words(text)
    assert "".join(words) == "".join(char for char in text if char.isalnum())


@given(st.sets(st.integers(2, 40), max_size=30))
def test_the_number_that_tells_apart_is_free(numbers: set[int]) -> None:
    taken = {"get", *(f"get_{number}" for number in numbers)}
    assert tell_apart("get", taken) not in taken


def test_thousands_of_operations_may_share_a_name(tmp_path: Path) -> None:
    paths = {f"/{'-' * index}": {"get": {"operationId": "same", "responses": OK}} for index in range(1, 3000)}
    started = time.process_time()
    names = [tool.name for tool in load_document(tmp_path, paths).tools]
    assert len(set(names)) == len(names)
    assert names[:3] == ["same", "same_get", "same_2"]
    assert names[-1] == "same_2998"
    assert time.process_time() - started < 20
