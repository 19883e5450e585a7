"""From the schools' files to accepted observations: forms out, anything back in."""
