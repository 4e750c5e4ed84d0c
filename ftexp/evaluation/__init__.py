"""Base and tuned model on the same items: answers, scores, intervals."""
