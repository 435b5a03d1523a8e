"""The shapes of answers, and the functions that make them from plain values.

They are typed dictionaries: the type checker proves that every field is there, nothing is
validated while serving, and the tests hold real answers against the same types.
"""
