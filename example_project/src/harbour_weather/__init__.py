"""Wind readings of a harbour's stations, made into a daily weather report."""

__version__ = "0.3.0"
