"""The workflow compiler, as flytepropeller's `pkg/compiler` compiles when flyteadmin registers (release 1.16.8).

It says what is wrong with a task or a workflow, and changes nothing. The modules are named after propeller's files;
`codes` lists what can be wrong. Functions of values: what a workflow refers to is looked up through functions that
the caller gives, which may say that they don't know.
"""
