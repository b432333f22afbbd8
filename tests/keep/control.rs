//! The program that people run cannot switch a protection off.

use anyhow::{Result, ensure};
use it::program::{binary, control};

/// Only the code of the feature has this in it.
const STRINGS: [&str; 3] = ["CANDOR_CONTROL", "control-answer-before-write", "control-no-sync"];

#[test]
fn the_program_has_nothing_of_the_controls_in_it() -> Result<()> {
    let (program, control) = (std::fs::read(binary())?, std::fs::read(control())?);
    for text in STRINGS {
        ensure!(has(&control, text), "`{text}` would be seen if it were there");
        ensure!(!has(&program, text), "`{text}` is in the program that people run");
    }
    Ok(())
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
