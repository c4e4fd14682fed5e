"""Claims asked about null learners: each names those that it excludes, and none of them may be supported."""
