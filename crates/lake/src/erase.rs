//! erase: finding the files that hold somebody's rows, and writing them again without. It decides
//! nothing.

pub mod find;
pub mod rewrite;

#[cfg(test)]
mod tests;
