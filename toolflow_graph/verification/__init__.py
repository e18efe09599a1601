"""Rules, schema check, grounding: what makes a dialogue acceptable."""
