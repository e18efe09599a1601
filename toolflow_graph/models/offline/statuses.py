"""Which of its options a status takes: what a call of this kind leads to when all goes well."""

import re
from typing import Any

from toolflow_graph.models.offline.fields import Field
from toolflow_graph.models.offline.views import View
from toolflow_graph.regexes import lazy_regex

_GOOD = ("confirmed", "ticketed", "booked", "created", "active", "completed", "complete", "success", "succeeded", "ok",
         "accepted", "approved",
         "scheduled", "sent", "done", "saved", "submitted", "open", "on_time", "available", "running", "healthy",
         "valid", "paid",
         "delivered", "in_stock", "registered", "enrolled", "applied", "online", "live", "published", "ready",
         "placed", "queued",
         "processing", "pending", "received", "normal", "upcoming", "enabled", "requested", "deployed", "updated",
         "connected")  # fmt: skip
_BAD = lazy_regex(r"fail|error|reject|cancel|declin|block|expire|invalid|unknown|refus|no_show|not_|closed|"
                  r"denied|lost|suspend|"
                  r"insufficient|unavailable|offline|archiv|delet|paus|dropped|overdue|jam|void|aborted|"
                  r"withdrawn|unreachable|missed")  # fmt: skip
_HANDED_IN = ("submitted", "received", "pending", "under_review", "awaiting_approval", "queued", "open", "in_review")
_ANSWERED = {"accept": ("accept", "agreed", "approv"), "reject": ("reject", "declin", "closed", "refus"),
             "approve": ("approv", "accept"), "decline": ("declin", "reject"), "counter": ("counter", "open")}  # fmt: skip
_ENDING = {"cancel": ("cancel", "refund", "released"), "delete": ("delet", "remov"), "remove": ("remov", "delet"),
           "freeze": ("frozen", "block"), "stop": ("stop", "paus", "ended"), "reject": ("reject",),
           "withdraw": ("withdraw",),
           "archive": ("archiv",), "pause": ("paus",), "close": ("closed",), "roll": ("rolled", "rollback"),
           "turn": ("on", "active")}  # fmt: skip


def status_for(options: list[Any], meaning: Field, view: View, rng: Any, listed: bool, given: list[Any]) -> Any:
    """An option for an enum that tells a state; None if the field is none, or has no words."""
    texts = [option for option in options if isinstance(option, str)]
    if not texts or not re.search(
        r"status|state|result|outcome|stage|phase|health|decision|answer", meaning.name.lower()
    ):
        return None
    verb = view.phrase.verb
    ends = _ENDING.get(verb, ())
    if view.writes and not listed:
        for value in given:
            for option in texts:
                if any(word in option.lower() for word in _ANSWERED.get(str(value).lower(), ())):
                    return option
            stem = value.lower().rstrip("e") if isinstance(value, str) and 2 < len(value) < 20 else ""
            for option in texts:
                if stem and option.lower().startswith(stem):
                    return option
    for option in texts:
        if any(word in option.lower() for word in ends):
            return option
    good = [option for option in texts if option.lower() in _GOOD]
    fine = [option for option in texts if not _BAD.search(option.lower())] or texts
    if view.writes and verb in ("submit", "apply", "propose", "request", "report"):
        first = [option for option in texts if option.lower() in _HANDED_IN]
        if first:
            return min(first, key=lambda option: _HANDED_IN.index(option.lower()))
    if view.writes or not listed:
        return (
            min(good, key=lambda option: _GOOD.index(option.lower()))
            if good and view.writes
            else fine[0]
            if view.writes
            else rng.choice(good or fine)
        )
    return rng.choice(fine)
