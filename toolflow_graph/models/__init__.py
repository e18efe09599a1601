"""The model port and who answers behind it."""
