"""What runs inside the chosen interpreter: the worker, and the load check.

Standard library and flytekit only, Python 3.9 syntax: the parent sends the source of these modules to any interpreter,
so hatch-flyte need not be installed there and no folder be shared. Each process runs one program once, because
flytekit's registry of entities is global. These modules import one another at their top only, since their names are
known to that interpreter only while they load (`process.BOOTSTRAP`). They know nothing of archives, registries or
configuration.
"""
