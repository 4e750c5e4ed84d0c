"""A service with OpenAI's fine-tuning API on a loopback address, which behaves as a test tells it to."""

from provider.faults import Rule
from provider.handle import Provider, provider
from provider.life import Life, Manners

__all__ = ["Life", "Manners", "Provider", "Rule", "provider"]
