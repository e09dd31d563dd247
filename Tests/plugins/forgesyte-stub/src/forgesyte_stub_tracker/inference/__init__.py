"""Models that pretend."""
