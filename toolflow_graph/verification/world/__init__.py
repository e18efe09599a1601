"""The world of a dialogue: its things (things.py), their names (naming.py), and what contradicts it (clashes.py)."""
