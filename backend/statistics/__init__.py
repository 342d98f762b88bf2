"""Statistics that come from the cases themselves (一数一源): indicators, facts, figures, reports."""
