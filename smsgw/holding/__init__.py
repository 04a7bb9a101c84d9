"""What this node holds of what several share: it takes leases, starts and stops links by them, and hears of others."""
