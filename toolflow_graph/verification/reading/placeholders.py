"""Values that only hold a place: what a model writes when it does not know."""

import re

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json
from toolflow_graph.verification.reading.wording import listed, normalise

_PLACEHOLDER = lazy_regex(
    r"<[^<>@]{1,60}>|\{\{.{0,60}?\}\}|\$\{.{0,60}?\}|\{[a-z_]+\}|\[[A-Z][A-Za-z _]{2,40}\]|"
    r"(?:your|my|insert|enter)[_ -][a-z_ -]*(?:key|token|id|name|email|address|number|password|date|value)"
    r"(?:[_ -]here)?|(?-i:(?:YOUR|MY|INSERT|ENTER)_[A-Z_]+)|\$[a-z]\w+|"
    r"x{3,}|#{3,}|\?{2,}|\.{3}|…|_{3,}",
    re.IGNORECASE,
)
_INSERTED = lazy_regex(
    r"(?<!\w)\[(?:your|my|insert|recipient|sender|name|date|company|customer)\b[^\]\n]{0,40}\]|\{\{.{1,60}?\}\}|"
    r"<(?:your|insert|recipient|name)[ _][^<>]{1,40}>",
    re.IGNORECASE,
)
_OPENING = lazy_regex(r"[\[{<]")
_HOLLOW = frozenset(
    (
        *listed("string placeholder tbd todo tba fixme undefined null lorem foo foobar dummy changeme example sample"),
        *("n/a", "n a", "not provided", "not specified", "unspecified", "to be determined"),
        *("lorem ipsum", "sample data", "example value", "test value"),
    )
)
_LONGEST_HOLLOW = 2 * max(map(len, _HOLLOW))
_SHRUGS = frozenset(["unknown", "n/a", "na", "none", "not provided", "not specified", "unspecified", "any", "nil", "-"])


# What a service says that has nothing to say.
_ABSENT = frozenset(("n/a", "n a", "not provided", "not specified", "unspecified", "to be determined", "tbd", "tba"))


def says_absent(value: Json) -> bool:
    """Whether a result's value only says that there is none: no data, and no stand-in for any."""
    return isinstance(value, str) and normalise(value).strip() in _ABSENT


def is_placeholder(value: Json, required: bool) -> bool:
    """Whether a value only holds a place. Shrugs such as "unknown" count where a value is required."""
    if not isinstance(value, str):
        return False
    text = value.strip()
    if len(text) <= _LONGEST_HOLLOW and normalise(text).strip() in _HOLLOW:
        return True
    if _PLACEHOLDER.fullmatch(text) or (_OPENING.search(text) and _INSERTED.search(text)):
        return True
    return required and text.casefold() in _SHRUGS
