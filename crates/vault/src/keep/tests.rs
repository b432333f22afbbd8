//! Tests of keep.
