"""Guesses a report's category from its words; hears an emergency, and words that are held."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mrk_city.ids import CategoryCode
from mrk_city.models import Category, Guess
from mrk_city.text import Phrases, Speech

_WORD, _HINT, _EACH_FURTHER_WORD = 2, 1, 1
"""Weights: one telling word is enough for a guess, one hint is not, and a longer phrase says
more than a shorter one."""

_ENOUGH, _LEAD = 2, 1
"""The lowest winning weight, and by how much the winner must lead."""


@dataclass(frozen=True, slots=True)
class _Clue:
    category: CategoryCode
    weight: int
    phrase: str


def teach(speech: Speech, phrases: Iterable[str]) -> Speech:
    """``speech`` that knows every word of ``phrases`` as a whole word."""
    plain = replace(speech, endings=(), skip=frozenset())
    words = {word for phrase in phrases for word in plain.words(phrase)}
    # A spelling that is read as another word is never a word of its own.
    return replace(speech, known=frozenset(words - speech.same.keys()))


class Vocabulary:
    """The words of all categories, of emergencies and of what is held, found in a text."""

    def __init__(
        self,
        speech: Speech,
        categories: Iterable[Category],
        emergency: Iterable[str],
        held: Iterable[str] = (),
        dangerous: Iterable[str] = (),
    ) -> None:
        categories, emergency, held = tuple(categories), tuple(emergency), tuple(held)
        dangerous = tuple(dangerous)
        phrases = [word for category in categories for word in (*category.words, *category.hints)]
        self._speech = teach(speech, [*phrases, *emergency, *held, *dangerous])
        self._clues = Phrases(
            (words, _Clue(category.code, base + _EACH_FURTHER_WORD * (len(words) - 1), phrase))
            for category in categories
            for base, listed in ((_WORD, category.words), (_HINT, category.hints))
            for phrase in listed
            if (words := tuple(self._speech.words(phrase)))
        )
        self._emergency = self._phrases(emergency)
        self._held = self._phrases(held)
        self._dangerous = self._phrases(dangerous)

    def _phrases(self, listed: Iterable[str]) -> Phrases[str]:
        return Phrases(
            (words, phrase) for phrase in listed if (words := tuple(self._speech.words(phrase)))
        )

    @property
    def speech(self) -> Speech:
        """How every text is read here."""
        return self._speech

    def words(self, text: str) -> list[str]:
        """A text's words as people here mean them; a model is taught and asked with these."""
        return self._speech.words(text)

    def reading(self, phrase: str) -> tuple[str, ...]:
        """The words under which a phrase is kept; equal readings cannot be told apart."""
        return tuple(self._speech.words(phrase))

    def categorise(self, text: str) -> Guess | None:
        """The category that the text's words point to; None when too little or a tie."""
        weights: dict[CategoryCode, int] = {}
        clues = dict.fromkeys(self._clues.find(self._speech.words(text)))
        for clue in clues:
            weights[clue.category] = weights.get(clue.category, 0) + clue.weight
        if not weights:
            return None
        winner = max(weights, key=weights.__getitem__)
        best = weights.pop(winner)
        if best < _ENOUGH or best - max(weights.values(), default=0) < _LEAD:
            return None
        return Guess(
            winner,
            round(best / (best + sum(weights.values())), 3),
            tuple(clue.phrase for clue in clues if clue.category == winner),
        )

    def emergencies(self, text: str) -> tuple[str, ...]:
        """The emergency words in the text, each once, in its order."""
        return tuple(dict.fromkeys(self._emergency.find(self._speech.words(text))))

    def dangers(self, text: str) -> tuple[str, ...]:
        """The words of danger in the text, each once, in its order."""
        return tuple(dict.fromkeys(self._dangerous.find(self._speech.words(text))))

    def heard(self, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The emergency words and the held words in the text, as `emergencies` tells them."""
        words = self._speech.words(text)
        found = (self._emergency.find(words), self._held.find(words))
        return tuple(dict.fromkeys(found[0])), tuple(dict.fromkeys(found[1]))
