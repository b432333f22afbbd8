//! Tests of the job of alerts.
