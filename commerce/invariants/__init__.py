"""Every rule of docs/promises as a query that counts its violations."""
