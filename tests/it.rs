//! The one harness. Each word of the life of a datum has a module of tests here.
