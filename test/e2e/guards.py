"""A server that asks who one is: its two tokens as configuration, and the fields that carry them."""
TOKENS = """
[auth]
tokens = [
  { name = "lab", token = "owner-secret-0123456789", role = "owner" },
  { name = "viewer", token = "reader-secret-0123456789", role = "reader" },
]
"""
OWNER = {"Authorization": "Bearer owner-secret-0123456789"}
READER = {"Authorization": "Bearer reader-secret-0123456789"}
