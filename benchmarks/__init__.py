"""Repeatable measurements. Ratios count: an absolute figure says how busy the machine was."""
