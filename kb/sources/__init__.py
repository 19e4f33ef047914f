"""Where knowledge comes from: one file a kind of source, each turning what it reads into pages."""
