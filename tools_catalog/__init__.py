"""The default tools: one JSON file a domain, and the Sentence-BERT vectors of their fields."""
