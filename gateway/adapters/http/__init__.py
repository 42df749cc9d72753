"""The desk over HTTP: the API that systems and the ops board work with (interfaces.md section 2).

`server` runs it in a thread, `serving` serves, `application` puts it together; `gate`, `rights` and `tokens` say who
may do what; `desk` is what the resources work with; `bulwark` and `pace` surround them; `stream` tells what changes.
"""

from gateway.adapters.http.outside import Outside, Part
from gateway.adapters.http.posts import PostedLine
from gateway.adapters.http.server import HttpServer
from gateway.adapters.http.tokens import ensure_first

__all__ = ["HttpServer", "Outside", "Part", "PostedLine", "ensure_first"]
