"""The capacity of a service, as AWS has it set: bounds where autoscaling moves it, else a count."""

from dataclasses import dataclass, field

DASH = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspended:
    """Which kinds of scaling are suspended."""

    scale_in: bool = False
    scale_out: bool = False
    scheduled: bool = False

    @property
    def text(self) -> str:
        """`scaling suspended`, `scale-in suspended`; nothing where all of it goes on."""
        if self == ALL:
            return "scaling suspended"
        kinds = (
            ("scale-in", self.scale_in),
            ("scale-out", self.scale_out),
            ("schedules", self.scheduled),
        )
        held = [name for name, is_held in kinds if is_held]
        return f"{' and '.join(held)} suspended" if held else ""


ALL = Suspended(scale_in=True, scale_out=True, scheduled=True)
NONE = Suspended()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What Application Auto Scaling moves the service within, both included. Counts are tasks."""

    minimum: int
    maximum: int
    suspended: Suspended = field(default_factory=Suspended)

    @property
    def range(self) -> str:
        """`3–10`."""
        return f"{self.minimum}{DASH}{self.maximum}"

    @property
    def text(self) -> str:
        """`3–10`, or `3–10, scaling suspended`."""
        held = self.suspended.text
        return f"{self.range}, {held}" if held else self.range

    @property
    def written(self) -> str:
        """As the command takes it: `3-10`."""
        return f"{self.minimum}-{self.maximum}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The desired count of a service that nothing scales."""

    count: int

    @property
    def text(self) -> str:
        """`4 tasks`."""
        return f"{self.count:,} task" if self.count == 1 else f"{self.count:,} tasks"

    @property
    def written(self) -> str:
        """As the command takes it: `4`."""
        return str(self.count)


Capacity = Bounds | Count


def led(found: Capacity, wanted: Capacity) -> str:
    """What leads from one to the other, in a few plain words: `3–10 → 5–10`, `scaling resumed`."""
    if isinstance(found, Count) and isinstance(wanted, Count):
        return f"{found.count:,} → {wanted.text}"
    if isinstance(found, Bounds) and isinstance(wanted, Bounds):
        if found.suspended == wanted.suspended:
            held = wanted.suspended.text
            return f"{found.range} → {wanted.range}" + (f", {held}" if held else "")
        if found.range == wanted.range:
            return wanted.suspended.text or "scaling resumed"
    return f"{found.text} → {wanted.text}"
