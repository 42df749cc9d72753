"""The rules that turn events into journeys, deviations and alerts.

Pure: the standard library and this package only. No clock, no I/O, no logging, no randomness; `now` is a
parameter. Everything here is a function of the facts known and of `now`.

Instants are whole microseconds since 1970-01-01T00:00:00Z and durations are whole microseconds, both plain
integers, so that they compare, sort and store exactly (see `instants`).
"""
