"""Words that several rooms print: what the user types, and how many there are of something."""

COMMAND = "python -m toolflow_graph"
"""The command as hints write it: it works in a clone as well as after an installation."""


def count_of(number: int, noun: str, plural: str = "") -> str:
    """``1 dialogue``, ``1,200 dialogues``, ``0 dialogues``; ``plural`` where it is not the noun with an "s"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def shorten_line(text: str, most: int) -> str:
    """Text on one line of at most ``most`` characters, with nothing in it that a terminal would obey."""
    line = "".join(sign if sign.isprintable() else "\u00b7" for sign in " ".join(text.split()))
    return line if len(line) <= most else line[: most - 3] + "..."
