"""What a text says: its words, values, days, claims, language; no dialogue is known here. Pure.

::

    wording.py telling.py tongues.py languages.py    words and patterns; foreign words; which language it is
    mentions.py moments.py hours.py periods.py offsets.py recurring.py present.py    stated values, days and times
    units.py codes.py placeholders.py    units of measure, short codes, stand-ins for a value
    claims.py    what the assistant says it did
"""
