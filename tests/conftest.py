"""What holds for all tests."""

from hypothesis import settings

# How long an example takes says nothing here: speed is measured in benchmarks/, and machines are busy.
settings.register_profile("toolflow", deadline=None)
settings.load_profile("toolflow")
