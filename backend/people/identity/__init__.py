"""Who somebody really is: real name, consent to face verification, and what was proven when."""
