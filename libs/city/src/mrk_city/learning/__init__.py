"""Makes and compares the city's classifier; needs the extra ``train``, no service imports it."""
