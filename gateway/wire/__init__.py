"""The wire: what topics are called, what payloads may say, and what is answered; no I/O and no network.

Devices import this package and nothing else of the gateway, so that both sides mean the same by a name. Import from
its modules: a device that needs names alone should not wait for pydantic.

- `topics`: channels and the names of topics, what an id is, how large a message may be
- `decoding`: bytes → `Reading` or `Rejection`
- `faults`: reasons, rejections, and what admission says of the events it refuses
- `receipt`: results → receipts
"""
