"""The room that knows: documents in, the passages that answer a question out."""
