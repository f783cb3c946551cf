"""spanlapor-bridge: mirrors complaints to the national system and back."""
