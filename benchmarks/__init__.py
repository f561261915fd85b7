"""Benchmarks: how long and how much memory, side by side with what people use today."""
