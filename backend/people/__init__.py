"""Citizens and officers: how they sign in, who they really are, and what they have proven."""
