"""One way to name a plug-in: a known name, ``package.module:attr`` or ``path/file.py:attr``."""

import importlib
import importlib.util
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolflow_graph.errors import UsageError
from toolflow_graph.regexes import lazy_regex

_MODULE = lazy_regex(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def is_reference(text: str) -> bool:
    """Whether ``text`` has the form of a reference (not whether it resolves)."""
    place, colon, attr = text.rpartition(":")
    if not colon or not attr.isidentifier():
        return False
    return place.endswith(".py") or _MODULE.fullmatch(place) is not None


def load_reference(text: str, *, what: str, known: Mapping[str, str] | None = None) -> Any:
    """Import the object that ``text`` names.

    Args:
        text: a name in ``known``, ``package.module:attr`` or ``path/file.py:attr``.
        what: the kind of thing wanted, for the message ("node", "model", "embedder").
        known: short names and the references they stand for.

    Raises:
        UsageError: if the text is no reference, the file or module is missing or fails to import, or has no such name.
    """
    known = known or {}
    target = known.get(text, text)
    place, _, attr = target.rpartition(":")
    if not is_reference(target):
        raise UsageError(
            f"{text!r} names no {what}",
            expected=f"a known {what}, package.module:attr or path/file.py:attr",
            known=sorted(known),
        )
    module = _load_file(Path(place), text, what) if place.endswith(".py") else _load_module(place, text, what)
    try:
        return getattr(module, attr)
    except AttributeError:
        names = sorted(name for name in vars(module) if not name.startswith("_"))
        raise UsageError(
            f"{text!r}: {place} has no {attr!r}", expected=f"a name defined there that is a {what}", known=names
        ) from None


def _load_file(path: Path, text: str, what: str) -> Any:
    path = path.expanduser()
    if not path.is_file():
        raise UsageError(f"{text!r}: no file {str(path)!r}", expected=f"a Python file that defines a {what}")
    # One name a path, so that two user files called rules.py do not shadow each other.
    name = "_toolflow_user_" + re.sub(r"\W", "_", str(path.resolve()))
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UsageError(f"{text!r}: {str(path)!r} fails to import: {type(error).__name__}: {error}") from error
    return module


def _load_module(place: str, text: str, what: str) -> Any:
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name and place.split(".")[0] == error.name.split(".")[0]:
            raise UsageError(
                f"{text!r}: no module {place!r}",
                expected=f"an importable module that defines a {what}",
                hint="install it in this environment, or give path/file.py:attr",
            ) from None
        raise UsageError(f"{text!r}: {place} fails to import: {error}") from error
    except Exception as error:
        raise UsageError(f"{text!r}: {place} fails to import: {type(error).__name__}: {error}") from error
