"""The tier report: what each function got, and what holds it back."""
