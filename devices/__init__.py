"""Device-side software: SDK, command line, simulated fleet."""
