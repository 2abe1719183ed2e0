"""`python -m hatch_flyte`: the command line."""

from hatch_flyte.cli import main

if __name__ == "__main__":
    main(prog_name="hatch-flyte")
