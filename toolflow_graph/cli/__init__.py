"""The command line: thin Typer commands, a file a group."""
