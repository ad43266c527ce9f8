"""IR to better or lower IR. `pipeline.py` lists the passes, their order, and why."""
