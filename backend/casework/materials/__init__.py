"""Application materials (申请材料): uploaded, checked by content, sealed."""
