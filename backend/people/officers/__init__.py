"""Public officials and the organs they act for."""
