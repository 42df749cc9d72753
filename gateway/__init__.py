"""Returns Gateway: tells an operations team which returned goods are missing, late or going the wrong way."""

__version__ = "0.1.0"
