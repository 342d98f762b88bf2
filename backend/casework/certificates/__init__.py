"""Results (办理结果) as documents that anyone can verify."""
