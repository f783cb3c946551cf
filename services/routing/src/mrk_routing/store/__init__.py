"""SQL on routing's own tables. Functions take a connection and never commit."""
