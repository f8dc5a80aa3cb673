"""Gradients that flow and stay finite."""
