"""Pure decisions of intake: facts and `now` in, decisions out."""
