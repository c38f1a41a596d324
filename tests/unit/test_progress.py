"""How far a command is, on a terminal and in a log."""

import io

from medlem.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Watch:
    """A stopwatch that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_log_gets_a_line_every_ten_seconds() -> None:
    watch, said = Watch(), io.StringIO()
    progress = Progress(1000, said, watch)
    for second in range(1, 26):
        watch.now = float(second)
        progress.tell(second * 10, second * 20, ", 3 not taken")
    progress.end()
    assert said.getvalue().splitlines() == [
        " 20 %  100 lines, 10 a second, 3 not taken",
        " 40 %  200 lines, 10 a second, 3 not taken",
    ]


def test_a_terminal_gets_a_bar_that_goes_when_it_is_over() -> None:
    watch, said = Watch(), Terminal()
    progress = Progress(100, said, watch)
    watch.now = 0.1
    progress.tell(1, 1)
    assert said.getvalue() == ""
    watch.now = 1.0
    progress.tell(1500, 50)
    watch.now = 2.0
    progress.tell(3000, 200)
    progress.end()
    first, second, gone = said.getvalue().split("\r")[1:4]
    assert first == f"[{'#' * 15}{' ' * 15}]  50 %  1,500 lines, 1,500 a second"
    assert second.startswith(f"[{'#' * 30}] 100 %  3,000 lines")
    assert gone.strip() == ""


def test_how_much_there_is_may_be_unknown() -> None:
    watch, said = Watch(), io.StringIO()
    progress = Progress(None, said, watch)
    watch.now = 10.0
    progress.tell(20, 5)
    assert said.getvalue() == "20 lines, 2 a second\n"
