"""EPCIS behind HTTP and the command line: capture, queries, export. Nothing here knows either.

- `preparing`: the bytes of a document → events that are right by themselves
- `taking`: prepared events → facts, through the ordinary intake, in one unit
- `desk`: capture jobs, and the work on them
- `facts`: what was taken in, as EPCIS events
- `asking`: pages of events for a query
- `exporting`: all of them, as one document
"""
