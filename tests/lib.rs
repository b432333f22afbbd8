//! Helpers of the harness.
