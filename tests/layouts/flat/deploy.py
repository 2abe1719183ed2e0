raise SystemExit("this deploys, and is not in the wheel")
