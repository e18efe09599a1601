"""The run: its store, the runner that fills it, progress and summary."""
