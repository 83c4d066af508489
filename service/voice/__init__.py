"""How calls speak a language that the provider has no voice for: recordings of what is always said the same."""
