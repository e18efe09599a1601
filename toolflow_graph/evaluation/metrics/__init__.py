"""Measures of a data set: small pure modules, each definition with its source (docs/metrics.md lists them all).

::

    words.py        text -> words as numbers, the form that everything below counts
    tokenizers.py   what tokens are counted with
    ngrams.py       runs of n words: exact keys, and hashes
    diversity.py    H and distinct-n, also at equal numbers of words
    sizes.py        tokens, calls, turns (the paper's Table 1)
    coherence.py    pairs of consecutive turns, SS and EnR (Table 2)
    entailment.py   the NLI cross-encoder behind EnR, and its cache
    scores.py       what judges said, averaged
    behaviours.py   which behaviours dialogues show
    sources.py      where the values of arguments come from
    toolset.py      which of the offered tools are used
    duplicates.py   exact and near duplicates
    overlap.py      what stands in a benchmark, too (the paper's overlap analysis)
"""
