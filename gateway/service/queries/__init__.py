"""What people and systems ask the gateway: lists, pages, one thing whole, figures, and what has changed since.

Everything here reads, in units that it is given, and answers with plain values ready for JSON. It knows neither HTTP
nor who asks. Each question costs a bounded number of rows, however many there are.
"""
