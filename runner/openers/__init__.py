"""Programs that open an uploaded file inside a run; `runner.uploads` picks one and puts `FILE` before it."""
