"""The room that talks: one assistant and the thin channels around it."""
