"""Elements of a data set by their keyword; whatever bytes are in it, reading one gives a text or raises `Refused`.

Values are taken raw, as they came, and judged here: pydicom's own conversion warns with the value in its words, and
mends some things that must not be mended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as ItemSequence
from pydicom.tag import BaseTag, Tag

from adapters.dicom.characters import Characters, require_clean
from mpi.errors import Fault, Refused

_LONGEST = 250  # as everywhere in the index: what is too long for its VR is no question unless it names somebody
_PAD = " \0"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Elements:
    """A data set, or an item of a sequence, with the place where it stands ("" for the data set itself)."""

    dataset: Dataset
    characters: Characters
    location: str = ""

    @classmethod
    def of(cls, dataset: Dataset, undeclared: str = "") -> Elements:
        """A whole data set; `undeclared` is the codec for text when it declares no character set."""
        return cls(dataset, Characters((), undeclared))._declared()

    def place(self, keyword: str) -> str:
        """Where an element stands, e.g. "(0010,1002)[1](0010,0020)"."""
        tag = _tag(keyword)
        return f"{self.location}({tag >> 16:04X},{tag & 0xFFFF:04X})"

    def has(self, keyword: str) -> bool:
        """Whether the element is there with any value."""
        found = self._value(keyword)
        return found is not None and len(found) > 0 if isinstance(found, bytes | str | list) else found is not None

    def text(self, keyword: str, longest: int = _LONGEST) -> str:
        """The one value of a text or code, "" when there is none. Raises `Refused`: ENCODING, BAD_VALUE (several)."""
        found = self.texts(keyword, longest)
        if len(found) > 1:
            raise self.refuse(keyword, "has several values where one is allowed")
        return found[0] if found else ""

    def texts(self, keyword: str, longest: int = _LONGEST) -> tuple[str, ...]:
        """Every value of a text or code, without the empty ones. Raises `Refused`: ENCODING, BAD_VALUE."""
        value = self._value(keyword)
        if value is None:
            return ()
        try:
            words = [word.strip(_PAD) for word in self._words(value, keyword)]
        except UnicodeError:
            fault, what = Fault.ENCODING, "holds bytes that are not of the character set declared"
            raise Refused(fault, f"{self.place(keyword)} {what}", self.place(keyword)) from None
        if any(len(word) > longest for word in words):
            raise self.refuse(keyword, f"is longer than {longest} characters")
        return tuple(word for word in words if word)

    def items(self, keyword: str) -> Iterator[Elements]:
        """The items of a sequence, in order. Raises `Refused` (BAD_VALUE) when it is none."""
        for number, item in enumerate(self._sequence(keyword), start=1):
            yield Elements(item, self.characters, f"{self.place(keyword)}[{number}]")._declared()

    def first(self, keyword: str) -> Elements | None:
        """The first item of a sequence, if there is one. Raises `Refused` (BAD_VALUE)."""
        return next(self.items(keyword), None)

    def refuse(self, keyword: str, what: str, fault: Fault = Fault.BAD_VALUE) -> Refused:
        """The refusal of an element; `what` goes on from its tag and never repeats its value."""
        return Refused(fault, f"{self.place(keyword)} {what}", self.place(keyword))

    def _declared(self) -> Elements:
        """The same with the character sets it declares, else those around it (PS3.5 7.5.3)."""
        value = self._value("SpecificCharacterSet")
        if value is None:
            return self
        words = value.decode("latin-1").split("\\") if isinstance(value, bytes) else value
        terms = [words] if isinstance(words, str) else [str(word) for word in words]
        characters = Characters(tuple(term.strip(_PAD) for term in terms), self.characters.undeclared)
        return replace(self, characters=characters)

    def _value(self, keyword: str) -> Any:
        """As it came; None when it is not there."""

        def read() -> Any:
            element = self.dataset.get_item(_tag(keyword))
            return None if element is None else element.value

        return self._shielded(read, keyword)

    def _words(self, value: Any, keyword: str) -> Iterable[str]:
        if isinstance(value, bytes):
            return self.characters.decode(value.rstrip(b" \0")).split("\\")
        if isinstance(value, list | tuple | MultiValue):
            return [word for part in value if part is not None for word in self._words(part, keyword)]
        return require_clean(self._shielded(lambda: str(value), keyword).strip(_PAD)).split("\\")

    def _sequence(self, keyword: str) -> list[Dataset]:
        def read() -> list[Dataset]:
            tag = _tag(keyword)
            if self.dataset.get_item(tag) is None:
                return []
            value = self.dataset[tag].value
            if value and not isinstance(value, ItemSequence):
                raise TypeError("no sequence")
            return list(value or ())

        return self._shielded(read, keyword)

    def _shielded(self, read: Callable[[], T], keyword: str) -> T:
        try:
            return read()
        except Exception as error:  # of hostile bytes pydicom raises nearly anything, deep inside
            raise self.refuse(keyword, f"cannot be read: {type(error).__name__}") from None


@cache
def _tag(keyword: str) -> BaseTag:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise LookupError(f"{keyword} is not in the dictionary of DICOM")
    return Tag(tag)
