//! Death of the machine: all that the disk does not have is gone. A file system of its own is shut
//! down under the program, so that nothing of the page cache survives.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use it::Candor;
use it::program::{Place, SOURCES};
use tempfile::TempDir;

use super::traffic::{Books, Clients};

const CUTS: u64 = 10;
/// So many are enough to see that a missing protection is noticed.
const CONTROLS: u64 = 5;
const DISK_BYTES: u64 = 256 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_twice_over_ten_power_cuts() -> Result<()> {
    let Some(disk) = Disk::make()? else { return Ok(()) };
    let differences = cut(&disk, "", CUTS).await?;
    ensure!(differences.is_empty(), "{differences:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_before_the_disk_has_it_is_noticed() -> Result<()> {
    let Some(disk) = Disk::make()? else { return Ok(()) };
    let lost = cut(&disk, "control-no-sync", CONTROLS).await?;
    ensure!(!lost.is_empty(), "nothing is synced to the disk, and nothing is missed");
    Ok(())
}

async fn cut(disk: &Disk, without: &'static str, cuts: u64) -> Result<Vec<String>> {
    let place = Place { folder: Some(disk.folder.clone()), without, ..Place::default() };
    let mut candor = Candor::start_at(place, SOURCES).await?;
    disk.flush()?;
    let mut chance = fastrand::Rng::with_seed(43);
    let mut books = Books::default();
    for cycle in 0..cuts {
        let life = Duration::from_millis(chance.u64(50..400));
        let clients = Clients::live(&candor, cycle, life).await;
        // A writer that runs on could see a sync end well while the file system goes away.
        candor.freeze()?;
        disk.cut()?;
        candor.kill()?;
        clients.mourn();
        disk.mount_again()?;
        candor.restart().await?;
        books.settle(&candor, clients).await?;
    }
    books.differences(&candor).await
}

/// A small disk in a file, mounted for as long as this lives.
struct Disk {
    image: PathBuf,
    folder: PathBuf,
    _own: TempDir,
}

impl Disk {
    /// Makes and mounts it; nothing where the machine lets nobody mount a file.
    fn make() -> Result<Option<Self>> {
        let own = tempfile::tempdir().context("cannot make a directory")?;
        let (image, folder) = (own.path().join("disk"), own.path().join("mounted"));
        std::fs::create_dir(&folder)?;
        std::fs::File::create(&image)?.set_len(DISK_BYTES)?;
        run(Command::new("/usr/sbin/mkfs.ext4").args(["-q", "-F"]).arg(&image))?;
        let disk = Self { image, folder, _own: own };
        match disk.mount() {
            Ok(()) => Ok(Some(disk)),
            Err(why) => {
                // Past the harness, which would keep quiet about what a passing test says.
                writeln!(std::io::stderr(), "NOT TRIED: no power is cut on this machine: {why:#}")?;
                Ok(None)
            }
        }
    }

    fn mount(&self) -> Result<()> {
        run(Command::new("mount").args(["-o", "loop"]).arg(&self.image).arg(&self.folder))
    }

    /// What the start wrote is on the disk before the first cut.
    fn flush(&self) -> Result<()> {
        run(Command::new("sync").arg("--file-system").arg(&self.folder))
    }

    /// From here on nothing more reaches the disk, its own journal included.
    fn cut(&self) -> Result<()> {
        // EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH.
        let call = "import fcntl, os, struct, sys\n\
            folder = os.open(sys.argv[1], os.O_RDONLY)\n\
            fcntl.ioctl(folder, 0x8004587D, struct.pack('I', 2))";
        run(Command::new("python3").args(["-c", call]).arg(&self.folder))
    }

    /// The machine comes up again: the file system replays its journal.
    fn mount_again(&self) -> Result<()> {
        unmount(&self.folder)?;
        self.mount()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Never mounted, or still in use by a program that ends now: detach it all the same.
        let _ = Command::new("umount").arg("--lazy").arg(&self.folder).output();
    }
}

fn unmount(folder: &Path) -> Result<()> {
    run(Command::new("umount").arg(folder))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    if output.status.success() {
        return Ok(());
    }
    bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim())
}
