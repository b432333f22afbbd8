//! The steps of a scenario, from text.

/// One step: its words, and the JSON behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub words: Vec<String>,
    pub json: Option<String>,
}

/// The steps with the number of the line on which each begins.
pub fn parse(text: &str) -> Result<Vec<(usize, Step)>, String> {
    let mut steps: Vec<(usize, String)> = Vec::new();
    for (line, number) in text.lines().zip(1usize..) {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        if !line.starts_with(char::is_whitespace) {
            steps.push((number, line.to_owned()));
            continue;
        }
        match steps.last_mut() {
            Some((_, step)) => step.push_str(line),
            None => return Err(format!("line {number}: there is no step to go on with")),
        }
    }
    Ok(steps.into_iter().map(|(number, text)| (number, step(&text))).collect())
}

/// JSON begins at the first brace that begins a word; what is expected is words alone.
fn step(text: &str) -> Step {
    let start = text.find(" {").filter(|_| !text.starts_with("expect"));
    let (words, json) = match start {
        Some(start) => (&text[..start], Some(text[start..].trim().to_owned())),
        None => (text, None),
    };
    Step { words: words.split_whitespace().map(str::to_owned).collect(), json }
}
