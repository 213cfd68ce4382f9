"""Objects of the API whose fields are made when they are asked for: most requests ask for a few of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self


class Shown:
    """Shows `source`. `PARTS` say how each field is made of what shows it."""

    source: Any
    PARTS: ClassVar[Mapping[str, Callable[[Any], Any]]]

    @classmethod
    def of(cls, source: Any) -> Self:
        """`source`, shown."""
        shown = cls.__new__(cls)
        shown.source = source
        return shown

    if not TYPE_CHECKING:  # for a type checker every field is there

        def __getattr__(self, name: str) -> Any:
            if name not in self.PARTS:
                raise AttributeError(name)
            made = self.__dict__[name] = self.PARTS[name](self)
            return made
