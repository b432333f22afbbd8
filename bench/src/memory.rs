//! How much memory the server holds and how long it has worked, as the kernel says it.

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

/// For how many seconds of one core a process has worked; zero when it is not known.
pub(crate) fn worked(process: u64) -> f64 {
    /// Steps of the kernel's clock in a second, as every machine of ours has it.
    const STEPS: f64 = 100.0;
    let line = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name of the program stands in brackets and may hold spaces; times are fields 14 and 15.
    let fields = line.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
    fields.take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / STEPS
}
