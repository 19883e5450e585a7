"""Calculations: frames and arrays in, frames and small results out; nothing here reads a file or draws."""
