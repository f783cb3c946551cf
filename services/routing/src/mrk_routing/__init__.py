"""routing: assigns a report to the agency that owns it and runs its deadlines."""
