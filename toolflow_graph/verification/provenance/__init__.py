"""Where values come from: the arguments of calls (grounding.py) and what the assistant states (answers.py).

::

    origins.py    what may have brought a value: a message, a result, the context
    grounding.py composed.py forms.py callmoments.py    an argument's source; composed texts; forms; days
    quantities.py    numbers of a call that people say in another unit
    distinctive.py    which values cannot be there by chance
    answers.py told.py    the values that an answer states; arguments that it tells of
    workable.py asked_days.py    what may have been worked out or chosen; days on another weekday than asked for
"""
