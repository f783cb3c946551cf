"""Role `web`: the resident's pages. They work without JavaScript; scripts only make them easier."""
