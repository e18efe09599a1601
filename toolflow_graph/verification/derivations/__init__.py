"""How a value follows from others: arithmetic on what is known, tables, days and times, world knowledge. Pure.

::

    arithmetic.py matched.py sums.py reach.py    one step; figures that match; sums; what can be reached
    reckoning.py undecided.py    whole sentences that calculate, and those that cannot be judged
    days.py times.py lengths.py    days and nights; times of day and lengths of time
    rows.py portions.py rates.py    rows of a list, shares, rates
    knowledge.py    what everybody knows
"""
