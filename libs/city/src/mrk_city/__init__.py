"""The city pack: districts, agencies, categories, places and the working calendar."""
