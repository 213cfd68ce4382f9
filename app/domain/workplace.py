"""What people have set in a workspace that a decision may need to know beside its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from app.domain.calendar import Calendar
from app.domain.immutable import immutable_by_name


@immutable_by_name
class Workplace:
    """`stand_ins`: who stands in for whom just now (absent reviewer to delegate). `members`: the people of each group
    that an ADMIN has set; of a group that is not in it nobody knows who belongs to it. `calendar`: the task's."""

    stand_ins: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    calendar: Calendar | None = None

    def stand_in(self, reviewer: str) -> str:
        """Who acts for `reviewer`: the delegate, or the delegate's own, and so on; the reviewer where nobody is absent.

        Circles are refused when an absence is set; should there be one all the same, all in it act for themselves.
        """
        seen = {reviewer}
        acting = reviewer
        while (following := self.stand_ins.get(acting)) is not None:
            if following in seen:
                return reviewer
            seen.add(following)
            acting = following
        return acting


NOTHING_SET = Workplace()
"""Nobody is absent, no group's members are known, and all time counts."""
