"""Deliveries to others: what the merchant's own systems hear of members."""
