"""Having what is kept of oneself put right (个人信息更正)."""
