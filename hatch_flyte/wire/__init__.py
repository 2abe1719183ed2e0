"""flyteidl messages as values: parse, refer, fill, compile, compare. Pure functions; no gRPC, no SQL, no files."""
