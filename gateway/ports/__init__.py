"""What the service needs from outside, as protocols: the state store, and the rows it keeps."""
