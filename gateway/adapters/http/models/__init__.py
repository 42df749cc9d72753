"""What requests and answers look like, for OpenAPI and its readers: fields, types, limits, examples.

Answers are made in `gateway.service.queries` and not checked against these at run time; the tests do that.
"""
