"""Products, variants and what their live pages say of them (listings)."""
