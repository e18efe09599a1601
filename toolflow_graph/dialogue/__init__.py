"""The dialogue state machine: nodes by reference, routes, seeds, records."""
