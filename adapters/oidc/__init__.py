"""OpenID Connect: signing people in at a provider such as NHS CIS2. Translates only."""
