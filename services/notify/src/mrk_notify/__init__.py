"""notify: tells the resident what happens."""
