"""How commands say how far they are."""

from django.core.management.base import OutputWrapper

BAR_WIDTH = 30


class Progress:
    """A bar that grows on a terminal; elsewhere a line for every tenth of the way."""

    def __init__(self, stream: OutputWrapper, label: str) -> None:
        self.stream, self.label = stream, label
        self.is_terminal = stream.isatty()
        self.tenths = 0

    def __call__(self, done: int, total: int) -> None:
        """So many of all are done."""
        if self.is_terminal:
            self._draw(done, total)
        elif done * 10 // total > self.tenths or done == total:
            self.tenths = done * 10 // total
            self.stream.write(f"{self.label}: {done} of {total} periods")

    def _draw(self, done: int, total: int) -> None:
        filled = BAR_WIDTH * done // total
        bar = "█" * filled + "░" * (BAR_WIDTH - filled)
        ending = "\n" if done == total else ""
        self.stream.write(f"\r{self.label} {bar} {done}/{total}", ending=ending)
        self.stream.flush()
