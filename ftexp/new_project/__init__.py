"""A project directory to begin with: what the data is, how its answers can be judged, and the files that say so."""
