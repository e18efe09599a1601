"""Which parameters only authorise a call: the client's business, and never something that a dialogue is about.

Some names tell it (``api_key``), others may mean anything (``key``: of an account, of an issue, of a map). Those count
as credentials only with evidence: what the description says, an example such as ``INSERT_YOUR_KEY``, or that nearly
every operation takes the parameter and nothing says what for.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from toolflow_graph.regexes import lazy_regex

_SURE = lazy_regex(
    r".*(apikey|accesstoken|authtoken|apitoken|apisecret|clientsecret|sessiontoken|oauthtoken|bearertoken|accesskey"
    r"|subscriptionkey|csrftoken|xsrftoken|refreshtoken|secretkey|authorization|authentication)|appkey|authkey|jwt"
)
_SURE_IN_BODY = frozenset(("apikey", "apitoken", "apisecret"))
_HEADER = lazy_regex(r".*(key|token|secret|signature|auth|session|password)")
_COOKIE = lazy_regex(r".*(session|sid|auth|token|jwt|csrf|xsrf|key).*")
_SECRET = frozenset(
    (
        *("key", "token", "auth", "secret", "signature", "sig", "userkey", "usertoken", "devkey", "developerkey"),
        *("licensekey", "licencekey", "partnerkey", "appcode", "appid"),
    )
)
# Not secret by themselves: a client's id may be what an operation is about.
_PUBLIC = frozenset(("clientid",))
# Whoever signs somebody up or in says these.
_PERSONAL = frozenset(("login", "password"))

_OWN = lazy_regex(
    r"\byour (\w+ ){0,3}`?(key|token|secret|(app(lication)?|client)[ _-]id)\b"
    r"|\b(issued|assigned|provided) (to you|when you)",
    re.I,
)
_WORDS = lazy_regex(
    r"\bapi[ _-]?(key|token|secret)|\bauthenticat|\bauthori[sz]|\bauth[ _-]?(key|token)|\boauth|\bbearer\b"
    r"|\baccess[ _-]token|\bcredential|\b(application|developer|licen[cs]e) key|\b(app|client)[ _-]secret"
    r"|getting a token|\bto get a free token",
    re.I,
)
# An operation on a credential is about that credential.
_ABOUT_IT = lazy_regex(
    r"\brevok|\bintrospect|\b(key|token|secret)s? to (be )?(delete|update|show|set|renew|edit|remove)", re.I
)
_PLACEHOLDER = lazy_regex(
    r"(insert|enter|put|add|paste|replace(me)?|with|use|here|your|a|an|the|valid|temp|own|personal|demo)+"
    r"(private|secret|api|app|application|access|auth|authentication|client|user|developer|licen[cs]e|subscription)*"
    r"(key|token|secret|appid|clientid)(here|goeshere|value)*"
)
_BRACED = lazy_regex(
    r"\W*[<{\[]+\s*(your[ _-])?(api|app|access|auth|client)[ _-]?(key|token|secret|id)\s*[>}\]]+\W*", re.I
)
_EMPTY_WORDS = frozenset(
    (
        *("a", "an", "the", "your", "my", "of", "for", "to", "this", "is", "valid", "required", "optional", "string"),
        *("api", "app", "application", "access", "user", "value", "parameter", "key", "token", "id", "secret", "auth"),
    )
)
_SHARE = 0.8


def is_credential(
    name: str, place: str, description: str = "", values: Iterable[Any] = (), *, everywhere: bool = False
) -> bool:
    """Whether a parameter only authorises the call.

    Args:
        place: "query", "header", "cookie", "formData" or "body" (a field of the body); never "path".
        values: its examples and its default.
        everywhere: whether :func:`find_everywhere` has found the name.
    """
    letters = letters_of(name)
    sure = _SURE.fullmatch(letters) is not None
    if place in ("body", "formData"):
        # Credentials are made and changed there, too: a name alone says less.
        maybe = sure or letters in _SECRET
        sure = letters in _SURE_IN_BODY
    else:
        maybe = letters in _SECRET or letters in _PERSONAL
        sure = sure or (place == "header" and _HEADER.fullmatch(letters) is not None)
        sure = sure or (place == "cookie" and _COOKIE.fullmatch(letters) is not None)
    if sure or any(_is_placeholder(value) for value in values):
        return True
    if (not maybe and letters not in _PUBLIC) or _ABOUT_IT.search(description):
        return False
    return everywhere or bool(_OWN.search(description)) or (maybe and bool(_WORDS.search(description)))


def letters_of(name: str) -> str:
    """``X-Api_Key`` as ``xapikey``."""
    return re.sub(r"[^a-z]", "", name.lower())


def find_everywhere(operations: Sequence[tuple[str, Collection[tuple[str, str]]]]) -> frozenset[str]:
    """Ambiguous names (as :func:`letters_of`) that nearly all operations take, on several paths, and none explains.

    Args:
        operations: of each its path, and the name and description of all that it takes outside of its path.
    """
    counts: Counter[str] = Counter()
    paths: dict[str, set[str]] = {}
    explained: set[str] = set()
    for path, parameters in operations:
        names = {letters_of(name) for name, _ in parameters} & _SECRET
        counts.update(names)
        for name in names:
            paths.setdefault(name, set()).add(path)
        explained |= {letters_of(name) for name, said in parameters if not _says_nothing(name, said)}
    least = _SHARE * len(operations)
    return frozenset(
        name for name, count in counts.items() if count >= least and len(paths[name]) > 1 and name not in explained
    )


def _says_nothing(name: str, description: str) -> bool:
    words = {word.lower() for word in re.findall(r"[^\W_]+", description)}
    return words <= _EMPTY_WORDS or letters_of(description) == letters_of(name)


def _is_placeholder(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > 80:
        return False
    return _PLACEHOLDER.fullmatch(letters_of(value)) is not None or _BRACED.fullmatch(value) is not None
