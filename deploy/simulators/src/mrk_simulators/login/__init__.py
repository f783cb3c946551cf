"""An OpenID Connect provider for development: anybody may be anybody."""
