"""One part for each thing outside: broker, databases, clock, channels. They implement ports and decide nothing.

Driver exceptions are translated here; what comes from outside is judged further in.
"""
