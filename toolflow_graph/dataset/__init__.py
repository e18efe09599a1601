"""From the run store to files that a trainer reads."""
