"""Text as it comes out of documents, made fit to be read and searched."""

import re
import unicodedata

# What PDFium puts where a word was broken at the end of a line.
_BROKEN_WORD = re.compile("[\ufffe\u0002][ \t]*\n?")
_KEPT = {"\n", "\t"}
# Controls, format characters, surrogates, unassigned, private use.
_INVISIBLE = {"Cc", "Cf", "Cs", "Cn", "Co"}


def tidy(text: str) -> str:
    """Return text in compatibility form, with plain line ends and no invisible characters.

    Ligatures become letters; controls, and the marks that turn the direction of reading
    around, are dropped: they only ever hide what a text says.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFKC", _BROKEN_WORD.sub("", text))
    kept = "".join(letter for letter in text if letter in _KEPT or unicodedata.category(letter) not in _INVISIBLE)
    return re.sub(r"\n{3,}", "\n\n", kept).strip()
