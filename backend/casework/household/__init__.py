"""The household of a case as rows: who belongs to it, who of them agrees to the means check, and in which cases one is named."""
