"""Kinds of defects, each a small pure function that breaks a clean dialogue in one known way.

::

    registry.py     KINDS, and the decorator that adds one
    draft.py        the copy that a kind breaks, and what it may ask about the dialogue
    places.py       single arguments and result values, and values that stand nowhere in a dialogue
    messages.py ordering.py    the order of messages, calls and answers
    arguments.py origins.py    arguments against their schema; arguments from nowhere, and grounded but wrong ones
    results.py answers.py    what comes back, and what the assistant makes of it
    plan.py wording.py delivery.py    what was to be asked; how it is said, and how answers are given
    behaviours.py    what a request was to show, done wrongly or not at all

A kind returns None where it does not apply, or where what it would make is no defect: an equal value, an optional
argument that nobody asked for, an independent call in another order.
"""

from toolflow_graph.evaluation.mutations import (  # noqa: F401  (they register)
    answers,
    arguments,
    behaviours,
    delivery,
    messages,
    ordering,
    origins,
    plan,
    results,
    wording,
)
from toolflow_graph.evaluation.mutations.draft import Dialogue
from toolflow_graph.evaluation.mutations.registry import KINDS, Kind, Level, kind

__all__ = ["KINDS", "Dialogue", "Kind", "Level", "kind"]
