"""The tool graph: fields, embedders, similarity, edges, sampling. Knows nothing of dialogues."""
