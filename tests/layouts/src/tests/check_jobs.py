raise SystemExit("this is a test, and not in the wheel")
