"""What is said of a case, kept together for its owner."""


def joined(words: str | None, added: str | None) -> str | None:
    """Masked words and what was said later, a paragraph each; None where nothing was said."""
    return "\n\n".join(part for part in (words, added) if part) or None
