"""How consecutive turns hang together: SS and EnR (the paper, section 4 and A.1).

Of each two consecutive turns, the *premise* is the request and the response of the first, the *hypothesis* the request
of the second. SS: the mean cosine similarity of their sentence embeddings (Reimers & Gurevych 2019, Sentence-BERT),
times 100 as in the paper's table. EnR: the share of pairs of which an NLI model says that the premise entails the
hypothesis.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from toolflow_graph.evaluation.metrics.words import mend_text
from toolflow_graph.verification import Transcript


@dataclass(frozen=True, slots=True)
class TurnPair:
    """A premise and a hypothesis."""

    premise: str
    hypothesis: str


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean and its standard error (0 for a single value)."""

    value: float
    error: float

    def scaled(self, factor: float) -> "Mean":
        return Mean(self.value * factor, self.error * factor)


def pair_turns(transcript: Transcript) -> list[TurnPair]:
    """A dialogue's pairs. A response is all that the assistant says in a turn; a pair without a text on one of its
    sides is none."""
    texts = [_read_turn(transcript, turn) for turn in transcript.turns]
    pairs = []
    for (request, response), (following, _) in pairwise(texts):
        premise = " ".join(filter(None, (request, response)))
        if premise and following:
            pairs.append(TurnPair(mend_text(premise), mend_text(following)))
    return pairs


def _read_turn(transcript: Transcript, turn: range) -> tuple[str, str]:
    request, *others = (transcript.messages[index] for index in turn)
    said = [(message.content or "").strip() for message in others if message.role == "assistant"]
    return (request.content or "").strip(), " ".join(filter(None, said))


_Item = TypeVar("_Item")


def draw(items: Sequence[_Item], count: int | None, rng: random.Random) -> list[_Item]:
    """``count`` of the items (all, if there are no more or it is None), in their order."""
    if count is None or count >= len(items):
        return list(items)
    return [items[place] for place in sorted(rng.sample(range(len(items)), count))]


def measure_cosines(left: npt.NDArray[np.float32], right: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Row by row, of rows of length one: shapes (n, d) and (n, d) to (n,)."""
    return np.asarray(np.einsum("ij,ij->i", left, right, dtype=np.float64), np.float64)


def average(values: npt.NDArray[np.float64] | Sequence[float]) -> Mean | None:
    """The mean with its standard error; None without a value."""
    found = np.asarray(values, np.float64)
    if not len(found):
        return None
    error = float(found.std(ddof=1)) / math.sqrt(len(found)) if len(found) > 1 else 0.0
    return Mean(float(found.mean()), error)
