//! How much memory the server holds, as the kernel says it.

/// What is resident now, and the most that was; nothing when the process is not known.
pub(crate) fn resident(process: u64) -> String {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    match (line("VmRSS:"), line("VmHWM:")) {
        (Some(now), Some(most)) => format!("  resident {now}, at most {most}"),
        (Some(_), None) | (None, _) => String::new(),
    }
}

/// From here on the most is counted anew; without the right to say so, it goes on as it was.
pub(crate) fn forget_peak(process: u64) {
    let _ = std::fs::write(format!("/proc/{process}/clear_refs"), "5");
}
