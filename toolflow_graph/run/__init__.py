"""The run engine: store, runner, progress."""
