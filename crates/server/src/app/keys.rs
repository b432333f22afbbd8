//! Callers: their keys, tokens, sessions and the one-time link. All of them are stored hashed.

