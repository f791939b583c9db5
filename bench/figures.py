"""What a benchmark says: a figure, and the goal it was measured for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured number. `at_least` and `at_most` are goals; without one it is only reported."""

    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the goal, if there is one, was met."""
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    def __str__(self) -> str:
        """Show name, value, goal and verdict on a line."""
        goal = ""
        if self.at_least is not None:
            goal = f"goal: at least {self.at_least:g}"
        if self.at_most is not None:
            goal = f"goal: at most {self.at_most:g}"
        verdict = "" if not goal else ("  met" if self.is_met else "  MISSED")
        return f"{self.name:<58}{self.value:>12,.3g} {self.unit:<10}{goal}{verdict}"
