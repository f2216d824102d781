//! The endpoint before a toy schema.
