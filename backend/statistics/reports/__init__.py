"""Reports: prepared, checked and signed by a county, reviewed level by level, frozen, published, lodged."""
