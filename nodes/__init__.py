"""The default nodes of the dialogue state machine, one file each; the engine loads them by reference."""
