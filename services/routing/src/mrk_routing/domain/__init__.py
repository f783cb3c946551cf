"""Pure decisions: facts and the time go in, values come out. No await, no clock, no logger."""
