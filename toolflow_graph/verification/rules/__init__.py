"""The rules, in files by what they look at; importing a file registers its rules (docs/rules.md lists them)."""
