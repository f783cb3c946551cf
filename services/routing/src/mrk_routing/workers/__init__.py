"""What routing does by itself, without a record that makes it."""
