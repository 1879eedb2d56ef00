"""Studies, orders and images: hung on the records of their patients, read as one history."""
