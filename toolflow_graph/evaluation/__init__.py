"""Measures of what the house makes; so far, how many broken dialogues the verifier catches.

::

    mutations/      kinds of defects: each breaks a clean dialogue in one known way
    scoring.py      every kind on many dialogues, and which rules saw it
"""
