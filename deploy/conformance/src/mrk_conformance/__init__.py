"""The conformance kit: one side of an agency's topics is played, the other is watched."""
