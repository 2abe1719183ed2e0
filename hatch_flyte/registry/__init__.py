"""Everything that remembers entities: clusters over gRPC, and the local registry."""
