"""Which of some labels the words of a text point to, how surely, and which words say so.

Reading needs the standard library alone; :mod:`mrk_classifier.training` needs the extra ``train``.
"""

from mrk_classifier.errors import ModelError
from mrk_classifier.file import load_model
from mrk_classifier.model import Model, Reading

__all__ = ["Model", "ModelError", "Reading", "load_model"]
