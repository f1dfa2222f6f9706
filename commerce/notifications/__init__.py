"""Mail to shoppers and sellers, each sent once."""
