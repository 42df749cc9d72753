"""Why something read off an article cannot be its id. Knows nothing of barcodes."""


class BadId(ValueError):
    """It is no id at all, or unmistakably meant as a GS1 key and not a valid one; the message has the remedy."""


class NotAnInstance(ValueError):
    """It names a kind of article (a GTIN without serial), not one of them; the message has the remedy."""
