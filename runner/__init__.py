"""The room that runs: a stranger's snippet, where it can hurt nobody."""
