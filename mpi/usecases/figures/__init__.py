"""What is counted for trusts and for the service: dashboards and correction lists."""
