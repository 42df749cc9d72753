"""An independent reading of the tracking rules: slow, global, and without a memory of its own.

Written from the specification alone, so that it errs in other places than the gateway does. It knows nothing of
stores, batches or what a fact touches; it takes all facts and `now`, and says what is true.
"""
