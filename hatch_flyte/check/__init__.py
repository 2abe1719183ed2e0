"""The use case `check`: what a control plane would refuse of an archive, and what our own rules say of it.

A function of values: it asks `rules`, and needs neither a registry nor the modules that were serialized. What depends
on the target (project and domain, what is registered there, the platform's limits) it leaves to the registry.

Imports nothing itself: packaging takes `selection` before it serializes, and the rules while it waits for that.
"""
