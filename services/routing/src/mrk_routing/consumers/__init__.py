"""What routing does with records: decisions of the domain, applied in the batch's transaction."""
