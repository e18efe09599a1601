"""Regular expressions that are compiled when they are used first.

The verifier and the offline model know some five hundred patterns. To compile them all takes longer than a run takes to
reach its first model call, and most commands use only a few.
"""

import re
from typing import Any, cast


class _Lazy:
    """Stands for a pattern; its methods are looked up once, so that later calls cost what the pattern's own do."""

    def __init__(self, regex: str, flags: int) -> None:
        self._regex, self._flags = regex, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        compiled = self.__dict__.setdefault("compiled", None) or re.compile(self._regex, self._flags)
        found = getattr(compiled, name)
        self.__dict__.update({"compiled": compiled, name: found})
        return found


def lazy_regex(regex: str, flags: int = 0) -> re.Pattern[str]:
    """``re.compile(regex, flags)`` at the first use. For constants of a module.

    A mistake in ``regex`` shows at that first use, as :class:`re.error`.
    """
    return cast("re.Pattern[str]", _Lazy(regex, flags))
