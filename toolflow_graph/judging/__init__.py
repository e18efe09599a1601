"""Judges: language models that score dialogues, and what follows from what they say.

::

    sight.py        what a judge is shown: tools and numbered messages
    opinions.py     one judge's reply: its schema, read and checked
    committee.py    several opinions -> one judgement
    panel.py        the judges of a run: asks all of them about a dialogue
    acceptance.py   a judgement -> thresholds kept or not, messages not to be trained on
    retake.py       a flawed dialogue is played once more, from the first bad message
    player.py       judges the dialogues of a file, as a run plays its own
    calibration.py  how far judges agree with people: kappa, correlation

A judge sees what a reader of the training data sees: the offered tools and the messages, never the plan with its
withheld facts. Whether a plan was kept to is for the rules, which know; a judge who knew it would see meaning where the
text has none, and could not judge other people's data by the same measure.
"""
