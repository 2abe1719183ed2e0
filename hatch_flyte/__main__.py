"""`hatch-flyte` and `python -m hatch_flyte`: the command line, from a start that a signal may cut short."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; end the process."""
    try:
        # Importing takes most of a command's time: an interruption has to find somebody who catches it then, too.
        from hatch_flyte.signals import as_ctrl_c

        with as_ctrl_c():
            from hatch_flyte.cli import main as command

            command(prog_name="hatch-flyte")
    except KeyboardInterrupt:
        if sys.stderr:
            sys.stderr.write("interrupted\n")
        sys.exit(130)  # signals.INTERRUPTED, which may not be imported yet


if __name__ == "__main__":
    main()
