"""Sweeps: one command into many runs, launched side by side, ranked, and summarised in MLflow."""
