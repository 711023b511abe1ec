"""What this service keeps: its tables and the queries on them."""
