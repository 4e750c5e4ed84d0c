"""ftexp: a declarative, config-driven fine-tuning experiment tracker."""

__version__ = "0.1.0"
