"""What comes after a publish: which release is live where, which there are, going back to one, promoting one."""
