"""A copy of what the project ships, in which a test plants a mistake."""

import shutil
from dataclasses import dataclass
from pathlib import Path

SHIPPED = ("infra/monitoring", "infra/cloudwatch", "docs/runbooks", "credlink.example.yml")


@dataclass(frozen=True, slots=True)
class Copy:
    """The project's folder as a check sees it."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> "Copy":
        for name in map(Path, SHIPPED):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            if name.is_dir():
                shutil.copytree(name, root / name)
            else:
                shutil.copy(name, root / name)
        return cls(root)

    def plant(self, file: str, good: str, bad: str) -> None:
        """Write the first of these otherwise; it must be there, or the test proves nothing."""
        text = (self.root / file).read_text()
        assert good in text, f"{file} no longer says {good!r}"
        (self.root / file).write_text(text.replace(good, bad, 1))

    def remove(self, file: str) -> None:
        (self.root / file).unlink()
