"""Orders: a citizen books what a place offers, its people carry it out, a subsidy of a case pays its part."""
