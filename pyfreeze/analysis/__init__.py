"""Read-only facts about IR: nothing here changes a function."""
