"""The pages for people of the city, behind a login."""
