"""The default prompts: one Markdown template per model-backed role, and the exported system message."""
