"""What is stored, and the transactions that change it."""
