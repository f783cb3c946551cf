"""Pure decisions: what is mirrored, in which words, and what an answer means."""
