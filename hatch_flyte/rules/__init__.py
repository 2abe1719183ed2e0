"""The control plane's rules as functions of values: no SQL, no gRPC, nothing remembered.

Each module owns the rules about one noun. A broken rule is a `RefusalError`, in flyteadmin's own words, and the first
one that flyteadmin would find (release 1.16.8).
"""
