"""Review by level (审核): the work lists of officers, what they find and decide, and what is asked of the applicant."""
