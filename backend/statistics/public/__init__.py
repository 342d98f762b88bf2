"""What everybody may see of a published report: small counts suppressed, drawn, and as files."""
