"""Small tools without business: clock, calendar, ids, codes, masking, sealing, tokens."""
