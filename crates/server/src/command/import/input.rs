//! The bytes of a file that is imported: unpacked as they are read, and counted as they lie.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::ValueEnum;
use flate2::bufread::MultiGzDecoder;

/// How a file holds its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Carrier {
    /// A line for each event.
    Lines,
    /// A table with commas, its first line the names.
    Csv,
    /// A table with tabs, its first line the names.
    Tsv,
    /// Columns.
    Parquet,
}

impl Carrier {
    /// What a file's name says, whether it is packed or not.
    fn of_name(path: &Path) -> anyhow::Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let bare = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
        let end = bare.rsplit_once('.').map(|(_, end)| end);
        Ok(match end {
            Some("jsonl" | "ndjson" | "json") => Self::Lines,
            None if name == "-" => Self::Lines,
            Some("csv") => Self::Csv,
            Some("tsv" | "txt") => Self::Tsv,
            Some("parquet" | "pq") => Self::Parquet,
            Some(_) | None => bail!(
                "the name `{name}` does not say how the file holds its events: say it with --kind"
            ),
        })
    }
}

/// The most that packed Parquet may become: it is read from its end, so it must be unpacked whole.
const UNPACKED_BYTES_MAX: u64 = 1 << 30;
const BUFFER_BYTES: usize = 1 << 20;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// An open file, and how it holds its events.
pub(super) struct Input {
    pub(super) carrier: Carrier,
    source: Box<dyn Read + Send>,
    file: Option<File>,
    bytes: u64,
    read: Arc<AtomicU64>,
}

impl Input {
    /// Opens a file; `-` is the standard input.
    pub(super) fn open(path: &Path, carrier: Option<Carrier>) -> anyhow::Result<Self> {
        let carrier = carrier.map_or_else(|| Carrier::of_name(path), Ok)?;
        let read = Arc::new(AtomicU64::new(0));
        if path.as_os_str() == "-" {
            let source = Box::new(io::stdin());
            return Ok(Self { carrier, source, file: None, bytes: 0, read });
        }
        let cannot = || format!("cannot open `{}`", path.display());
        let file = File::open(path).with_context(cannot)?;
        let bytes = file.metadata().with_context(cannot)?.len();
        let source = Box::new(file.try_clone().with_context(cannot)?);
        Ok(Self { carrier, source, file: Some(file), bytes, read })
    }

    /// The length of the file as it lies; zero where nobody knows it.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How much of it was read so far.
    pub(super) fn read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// The bytes, unpacked: what they begin with says how they are packed.
    pub(super) fn unpacked(self) -> anyhow::Result<Box<dyn BufRead + Send>> {
        let counted = Counted { inner: self.source, read: self.read };
        let mut bytes = BufReader::with_capacity(BUFFER_BYTES, counted);
        let start = bytes.fill_buf().context("cannot read the file")?;
        if start.starts_with(&GZIP) {
            let inner = MultiGzDecoder::new(bytes);
            return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, inner)));
        }
        if start.starts_with(&ZSTD) {
            let inner = zstd::Decoder::with_buffer(bytes).context("cannot unpack the file")?;
            return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, inner)));
        }
        Ok(Box::new(bytes))
    }

    /// What a reader of columns needs: the file itself, or its bytes where it is packed.
    pub(super) fn whole(mut self) -> anyhow::Result<lake::arrive::Whole> {
        let is_packed = match &mut self.file {
            Some(file) => {
                let mut start = [0; 4];
                let cannot = "cannot read the file";
                file.read_exact(&mut start).context(cannot)?;
                io::Seek::rewind(file).context(cannot)?;
                start.starts_with(&GZIP) || start == ZSTD
            }
            None => true,
        };
        if let (false, Some(file)) = (is_packed, self.file.take()) {
            self.read.store(self.bytes, Ordering::Relaxed);
            return Ok(file.into());
        }
        let mut bytes = Vec::new();
        let read = self.unpacked()?.take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut bytes);
        let read = read.context("cannot unpack the file")? as u64;
        if read > UNPACKED_BYTES_MAX {
            bail!("unpacked, the file has more than {UNPACKED_BYTES_MAX} bytes: unpack it first");
        }
        Ok(Bytes::from(bytes).into())
    }
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(buffer)?;
        self.read.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}
