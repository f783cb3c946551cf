"""What notify reads and writes beside the library."""
