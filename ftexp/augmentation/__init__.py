"""Rows made from training rows: noise, paraphrases, and wrong answers for preference pairs. Rules are pure."""
