"""A model's file: one line of JSON, then the terms and the weights that it speaks of.

Nothing in it is executed, and a digest tells a damaged one.
"""

import json
from dataclasses import asdict, replace
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any, Final

from mrk_classifier.errors import ModelError
from mrk_classifier.model import Header, Model

FORMAT: Final = "mrk-classifier/1"

_MEND: Final = "make it again with `make model`, restore it, or remove it"


def dump_model(header: Header, terms: list[str], weights: bytes) -> bytes:
    """The bytes of a model's file; its digest is reckoned here."""
    body = b"\n".join(("\n".join(terms).encode(), weights))
    whole = replace(header, digest=_digest(header, body))
    first = json.dumps({"format": FORMAT, **asdict(whole)}, ensure_ascii=False, sort_keys=True)
    return b"\n".join((first.encode(), str(len(body) - len(weights) - 1).encode(), body))


def _digest(header: Header, body: bytes) -> str:
    """Of everything but itself: it names the threshold and the biases as well as the weights."""
    said = json.dumps(asdict(replace(header, digest="")), ensure_ascii=False, sort_keys=True)
    return sha256(said.encode() + b"\n" + body).hexdigest()


def load_model(file: Path) -> Model:
    """Read a model.

    Raises:
        ModelError: the file cannot be read, is damaged, or is of another format.
        FileNotFoundError: there is no such file.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ModelError(file, f"it cannot be read ({error.strerror})", _MEND) from error
    try:
        return parse_model(content)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(file, f"it is no model ({error})", _MEND) from error


def parse_model(content: bytes) -> Model:
    """A model from the bytes of its file.

    Raises:
        ValueError, KeyError, TypeError: they are not those of a model.
    """
    first, _, rest = content.partition(b"\n")
    header = _header(json.loads(first))
    size, _, body = rest.partition(b"\n")
    length = int(size)
    terms, weights = body[:length], body[length + 1 :]
    if _digest(header, body) != header.digest:
        raise ValueError("its content is not what its digest says")
    rows = header.words + header.pairs + header.parts
    if len(weights) != rows * len(header.labels) * 2 or terms.count(b"\n") + 1 != rows:
        raise ValueError("terms and weights do not fit together")
    return Model(header, terms, weights)


def _header(stated: dict[str, Any]) -> Header:
    form = stated.pop("format")
    if form != FORMAT:
        raise ValueError(f"its format is {form!r}, not {FORMAT!r}")
    header = Header(**{**stated, "labels": tuple(stated["labels"]), "bias": tuple(stated["bias"])})
    if not header.labels or len(header.labels) != len(header.bias):
        raise ValueError("labels and bias do not fit together")
    if not all(isfinite(number) for number in (*header.bias, header.step, header.threshold)):
        raise ValueError("a number is none")
    return header
