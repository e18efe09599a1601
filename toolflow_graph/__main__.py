"""``python -m toolflow_graph`` and the ``toolflow`` script: exit codes are made here.

0 ok, 1 the run failed, 2 the user's mistake, 130 Ctrl-C.
"""

import gc
import io
import os
import sys
from collections.abc import Callable

from toolflow_graph.errors import RunError, UsageError


def main() -> None:
    """Run the command line; always ends the process."""
    # What is imported stays: to look through it again and again while more comes takes a tenth of the start.
    gc.set_threshold(100_000)
    from toolflow_graph.cli import app

    run_cli(lambda: app(prog_name="toolflow"))


def run_cli(command: Callable[[], object]) -> None:
    """Run ``command`` and end the process with the exit code and the message that its exception calls for."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character of a dialogue shows a question mark instead.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        command()
        sys.stdout.flush()
    except UsageError as error:
        _fail(f"error: {error}", 2)
    except RunError as error:
        _fail(f"error: {error}", 1)
    except KeyboardInterrupt:
        _fail("interrupted", 130)
    except BrokenPipeError:
        # The reader has left (``show | head``). Python would complain once more when it flushes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _fail(message: str, code: int) -> None:
    print(message, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
