//! Tests of erasures.
