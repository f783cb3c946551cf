"""A simulator of SP4N-LAPOR!: both of its observed dialects, its own store, faults at will."""
