//! What the disk gives: how long one small append takes until it is durable.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;

/// Appends 4 KiB and syncs, a thousand times; prints the median and the 99th percentile.
pub(crate) fn measure(folder: &str) -> Result<()> {
    let path = Path::new(folder).join("bench-disk.tmp");
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    let block = [7u8; 4096];
    let mut times = Vec::with_capacity(1000);
    for _ in 0..1000 {
        let start = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    std::fs::remove_file(path)?;
    let (median, slow) = percentiles(&mut times);
    println!("fdatasync of 4 KiB: p50 {median:.3} ms, p99 {slow:.3} ms");
    Ok(())
}

/// The median and the 99th percentile.
pub(crate) fn percentiles(times: &mut [f64]) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        times.get(((times.len() as f64) * share) as usize).copied().unwrap_or(f64::NAN)
    };
    (at(0.5), at(0.99))
}
