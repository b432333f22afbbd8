//! A damaged segment costs the frames that the damage lies in, and none beside them.

use std::sync::Arc;

use life::keep::names::Named;
use life::keep::{Draft, Kept, Truth};
use vocabulary::{Class, Limits, Person, PersonSealer, Purposes, Region, SealError, Sealer};

use super::Keys;
use crate::keep::journal::{Context, JournalError, Replayed, Segment, path, replay};

const SEGMENT: u64 = 7;
const FRAMES: u64 = 5;

/// The key of a segment.
#[derive(Default)]
struct OfSegment(Keys);

impl Sealer for OfSegment {
    fn seal(&self, context: &[u8], plain: &[u8], sealed: &mut Vec<u8>) -> Result<(), SealError> {
        sealed.extend(self.0.seal(Person(0), Class::General, context, plain)?);
        Ok(())
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        self.0.open(Person(0), Class::General, context, sealed)
    }
}

/// A segment of some frames on disk, and where each of them ends.
struct Written {
    folder: tempfile::TempDir,
    sealer: Arc<OfSegment>,
    frames: Vec<Kept>,
    ends: Vec<usize>,
    bytes: Vec<u8>,
}

impl Written {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sealer = Arc::new(OfSegment::default());
        let key: Arc<dyn Sealer> = Arc::clone(&sealer) as _;
        let mut segment = Segment::create(folder.path(), SEGMENT, key, context()).unwrap();
        let mut truth = Truth::new(Region(0), Purposes::NONE, 4);
        let limits = Limits::default();
        let (mut frames, mut ends) = (Vec::new(), vec![segment.bytes as usize]);
        for number in 0..FRAMES {
            let mut draft = Draft::new(&mut truth, &limits);
            draft.name(Named::Event, &format!("event {number}"));
            let kept = draft.finish();
            segment.append(&kept).unwrap();
            frames.push(kept);
            ends.push(segment.bytes as usize);
        }
        segment.sync().unwrap();
        let bytes = std::fs::read(path(folder.path(), SEGMENT)).unwrap();
        Self { folder, sealer, frames, ends, bytes }
    }

    fn read(&self, bytes: &[u8]) -> Result<Replayed, JournalError> {
        std::fs::write(path(self.folder.path(), SEGMENT), bytes).unwrap();
        replay(self.folder.path(), SEGMENT, &*self.sealer, &context())
    }

    /// Demands that these frames are read, and no other.
    fn demand(&self, replayed: &Replayed, numbers: impl Iterator<Item = u64>) {
        let expected: Vec<(u64, Kept)> =
            numbers.map(|number| (number, self.frames[number as usize].clone())).collect();
        assert_eq!(replayed.frames, expected);
    }
}

fn context() -> Context {
    Context { controller: "shop".into(), region: 0 }
}

#[test]
fn a_flipped_bit_costs_the_frame_that_it_lies_in() {
    let written = Written::new();
    for bit in 0..written.bytes.len() * 8 {
        let place = bit / 8;
        let mut bytes = written.bytes.clone();
        bytes[place] ^= 1 << (bit % 8);
        let replayed = written.read(&bytes).unwrap();
        // The first bytes of a segment are before all frames.
        let hit = written.ends.iter().filter(|end| **end <= place).count() as u64;
        written.demand(&replayed, (0..FRAMES).filter(|number| number + 1 != hit));
        let [damage] = replayed.broken.as_slice() else { panic!("{bit}: {:?}", replayed.broken) };
        let range = damage.offset..damage.offset + damage.bytes;
        assert!(range.contains(&(place as u64)), "{place} lies in {range:?}");
        assert_eq!(damage.is_torn_tail, hit == FRAMES);
    }
}

#[test]
fn what_was_cut_short_is_read_up_to_the_cut() {
    let written = Written::new();
    for length in 0..=written.bytes.len() {
        let replayed = written.read(&written.bytes[..length]).unwrap();
        let whole = written.ends.iter().skip(1).filter(|end| **end <= length).count() as u64;
        written.demand(&replayed, 0..whole);
        let is_even = written.ends.contains(&length) || length < written.ends[0];
        assert_eq!(replayed.broken.len(), usize::from(!is_even), "{length}");
    }
}

#[test]
fn a_hole_of_zeros_hides_nothing_behind_it() {
    let written = Written::new();
    let mut bytes = written.bytes.clone();
    // From the end of the first frame into the fourth.
    bytes[written.ends[1] - 3..written.ends[3] + 2].fill(0);
    let replayed = written.read(&bytes).unwrap();
    written.demand(&replayed, 3 + 1..FRAMES);
    assert_eq!(replayed.broken.len(), 1);
}

#[test]
fn another_version_or_another_installation_is_told_apart() {
    let written = Written::new();
    let of_version = [b"CANDORJ1".as_slice(), &[7; 100]].concat();
    assert!(matches!(written.read(&of_version), Err(JournalError::Version { .. })));
    let foreign = [b"SQLite f".as_slice(), &[7; 100]].concat();
    assert!(matches!(written.read(&foreign), Err(JournalError::Magic { .. })));
}
