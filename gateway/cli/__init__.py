"""The command line of `returns-gateway`."""
