"""Flyte archives as part of the Python build, and their registration in named clusters."""

__version__ = "0.1.0"
