"""Measures of data sets and of the verifier, and how they are shown.

::

    metrics/        each measure of dialogues, pure, with its source
    samples.py      dialogues to measure: read, drawn
    leaks.py        what of them stands in benchmarks
    assessment.py   all figures of a data set as one dict, and two compared at equal sizes
    tables.py       the same as text
    mutations/      kinds of defects: each breaks a clean dialogue in one known way
    scoring.py      every kind on many dialogues, and which rules saw it
    judgement.py    what judges said of a dialogue, read from a record
    report/         a run or any file of dialogues as one HTML page
"""
