"""EPCIS 2.0: its documents, its words and its ids, and what our scans and positions are in them. Pure.

It must not know where events are kept, who may send them, or HTTP. An EPCIS event becomes payloads of the interface's
own topics, which go through the ordinary intake; a payload that was taken in becomes an EPCIS event.

- `documents`: bytes → events, with limits on what hostile bytes may cost
- `validation`: GS1's JSON schema, with problems that name the field
- `words`, `places`, `names`: CBV terms, locations and ids in all their spellings
- `hashing`: the event hash id of an event that has none
- `reading`: an event → what it says to the gateway
- `telling`: a scan or position → an event
- `querying`: query parameters → what to look for
"""
