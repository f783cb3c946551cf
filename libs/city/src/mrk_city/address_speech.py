"""How people here write an address: all spellings of a word are read as one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mrk_city.text import fold

_TOKEN = re.compile(r"[a-z]+|[0-9]+")
_SPELLED_ALIKE = (("oe", "u"), ("dh", "d"), ("th", "t"), ("ph", "p"), ("sy", "s"))
_TWICE = re.compile(r"([a-z])\1+")
_SHORTEST_FOLDED = 4
_TOKENS_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class AddressSpeech:
    """How addresses are written: spellings, the city's short name, and marker words.

    Attributes:
        titles: words in front of a person's name that a street's sign may leave out.
        near: words before a place ("dekat"); only behind one a report's text names a street
            without its "Jl.".
        heads: first words of landmarks' names, with how they are also said (rs: rumah sakit).
        kinds: first words behind which a name with one letter wrong is still known.
        follow: words with which no street's name goes on.
        roads: words behind which a street's name follows, all of them among ``street``.
        elsewhere: names of what lies outside the city.
    """

    same: dict[str, str]
    city: str
    subdistrict: frozenset[str]
    district: frozenset[str]
    street: frozenset[str]
    street_fillers: frozenset[str]
    numerals: frozenset[str]
    titles: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    heads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    follow: frozenset[str] = frozenset()
    roads: frozenset[str] = frozenset()
    elsewhere: tuple[str, ...] = ()
    _read: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def after(self) -> frozenset[str]:
        """Words with which no street's name goes on."""
        return self.follow | self.near | self.street | self.subdistrict | self.district

    @property
    def admin(self) -> frozenset[str]:
        """Words behind which a kelurahan's or kecamatan's name stands."""
        return self.subdistrict | self.district

    def words(self, text: str) -> list[str]:
        """The words and numbers of an address, each as all its spellings are read."""
        read = self._read
        found = []
        for token in _TOKEN.findall(fold(text)):
            word = read.get(token)
            if word is None:
                word = self._word(token)
            found.append(word)
        return found

    def _word(self, token: str) -> str:
        word = self.same.get(token)
        if word is None:
            word = token
            if len(token) >= _SHORTEST_FOLDED:
                for old, new in _SPELLED_ALIKE:
                    word = word.replace(old, new)
                word = _TWICE.sub(r"\1", word)
                word = self.same.get(word, word)
        if len(self._read) >= _TOKENS_REMEMBERED:
            self._read.clear()
        self._read[token] = word
        return word

    def heads_of(self, words: list[str]) -> list[list[str]]:
        """A landmark's name, and as it is said with another first word."""
        if not words:
            return []
        others = [self.words(said) for said in self.heads.get(words[0], ())]
        return [words, *([*other, *words[1:]] for other in others)]
