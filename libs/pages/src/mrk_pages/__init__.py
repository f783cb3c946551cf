"""What roles with pages share: static files, catalogues of strings, visitors and their forms."""
