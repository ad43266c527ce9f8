"""What the commands do. `cli` imports each only when it is asked for."""
