"""The index of what people wrote: any two characters of it are found. Knows no feature, only kinds, ids and words."""
