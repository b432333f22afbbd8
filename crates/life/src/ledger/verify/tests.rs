use std::collections::BTreeMap;

use super::*;
use crate::ledger::tile::{write_entry, write_hashes};
use crate::ledger::tree::Full;
use crate::ledger::{Kind, Tile, Tree, entry};
use tlog_tiles::record_hash;

const ORIGIN: &str = "candor.example/eu";

#[derive(Clone, Default)]
struct Memory(BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.0.get(path).cloned()
    }
}

fn skey() -> signed_note::StandardSigner {
    use base64::Engine as _;
    let secret = [&[1_u8][..], &[9; 32]].concat();
    let secret = base64::engine::general_purpose::STANDARD.encode(secret);
    let id = key().id_text();
    signed_note::StandardSigner::new(&format!("PRIVATE+KEY+{ORIGIN}+{id}+{secret}")).unwrap()
}

/// The public half of the secret key that is 32 times the byte 9.
fn key() -> PublicKey {
    let half = "fd1724385aa0c75b64fb78cd602fa1d991fdebf76b13c58ed702eac835e9f618";
    PublicKey::new(ORIGIN, &hex::decode(half).unwrap().try_into().unwrap()).unwrap()
}

trait IdText {
    fn id_text(&self) -> String;
}

impl IdText for PublicKey {
    fn id_text(&self) -> String {
        self.to_string().rsplit('+').nth(1).unwrap().to_owned()
    }
}

fn sign(text: &[u8]) -> Vec<u8> {
    signed_note::Signer::sign(&skey(), text).unwrap()
}

fn fact(number: u64) -> Vec<u8> {
    let json = format!(r#"{{"fact":"denied","code":"c{number}"}}"#);
    entry::encode_json(number * 2 + 1, &json).unwrap()
}

fn ledger_of(entries: &[Vec<u8>]) -> Memory {
    let mut files = BTreeMap::new();
    let (mut tree, mut full) = (Tree::default(), Vec::new());
    for chunk in 0..entries.len().div_ceil(256) {
        let mut bundle = Vec::new();
        for bytes in entries.iter().skip(chunk * 256).take(256) {
            assert!(write_entry(&mut bundle, bytes));
            tree.push(record_hash(bytes), &mut full);
        }
        let tile = Tile::of(Kind::Entries, chunk as u64, entries.len() as u64).unwrap();
        files.insert(tile.path(), bundle);
    }
    let unfinished = tree.unfinished();
    full.extend(unfinished.map(|(level, index, hashes)| Full {
        level,
        index,
        hashes: hashes.into(),
    }));
    for Full { level, index, hashes } in full.iter() {
        let tile = Tile { kind: Kind::Hashes(*level), index: *index, width: hashes.len() };
        files.insert(tile.path(), write_hashes(hashes));
    }
    let checkpoint = Checkpoint::sign(&key(), tree.size(), tree.root(), &sign).unwrap();
    files.insert(CHECKPOINT.into(), checkpoint.text().into());
    files.insert(PUBLIC_KEY.into(), key().file());
    Memory(files)
}

fn ledger(size: u64) -> Memory {
    ledger_of(&(0..size).map(fact).collect::<Vec<_>>())
}

fn check(files: &Memory, since: Option<&str>) -> String {
    let report = verify(files, &key().to_string(), since);
    assert_eq!(report.ok, report.problems.is_empty());
    let line = |problem: &Problem| {
        let code = serde_json::to_value(problem.code).unwrap();
        let index = problem.index.map_or_else(String::new, |index| format!(" {index}"));
        format!("{}{index}", code.as_str().unwrap())
    };
    report.problems.iter().map(line).collect::<Vec<_>>().join(", ")
}

fn checkpoint(files: &Memory) -> String {
    String::from_utf8(files.0[CHECKPOINT].clone()).unwrap()
}

#[test]
fn a_whole_ledger_of_any_size_is_whole() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 513, 1_000, 65_536, 65_537] {
        let files = ledger(size);
        let report = verify(&files, &key().to_string(), None);
        assert_eq!((report.problems, report.size), (vec![], size));
        assert!(report.note.contains("cannot be seen"));
        assert!(checkpoint(&files).contains(&format!("\n{size}\n{}\n", report.root)));
    }
}

#[test]
fn every_bit_of_every_file_counts() {
    let files = ledger(5);
    for (path, bytes) in &files.0 {
        for (at, bit) in (0..bytes.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut files = files.clone();
            files.0.get_mut(path).unwrap()[at] ^= 1 << bit;
            assert_ne!(check(&files, None), "", "bit {bit} of byte {at} of {path}");
        }
        for cut in 0..bytes.len() {
            let mut files = files.clone();
            files.0.get_mut(path).unwrap().truncate(cut);
            assert_ne!(check(&files, None), "", "{path} cut to {cut}");
        }
        let mut longer = files.clone();
        longer.0.get_mut(path).unwrap().push(0);
        assert_ne!(check(&longer, None), "", "{path} with a byte more");
        let mut without = files.clone();
        without.0.remove(path);
        assert_eq!(check(&without, None).is_empty(), path == PUBLIC_KEY, "without {path}");
    }
}

#[test]
fn every_byte_of_a_ledger_of_several_levels_counts() {
    let files = ledger(600);
    for (path, bytes) in &files.0 {
        for at in (0..bytes.len()).step_by(bytes.len().div_ceil(7)) {
            let mut files = files.clone();
            files.0.get_mut(path).unwrap()[at] ^= 0x10;
            assert_ne!(check(&files, None), "", "byte {at} of {path}");
        }
    }
}

#[test]
fn the_fault_is_named_where_it_is() {
    let mut altered: Vec<_> = (0..300).map(fact).collect();
    altered[7] = fact(900);
    altered[299] = fact(901);
    let mut files = ledger(300);
    let entries = |files: &Memory| {
        let only = files.0.iter().filter(|(path, _)| path.starts_with("tile/entries"));
        only.map(|(path, bytes)| (path.clone(), bytes.clone())).collect::<BTreeMap<_, _>>()
    };
    let wrong = entries(&ledger_of(&altered));
    files.0.extend(wrong);
    assert_eq!(check(&files, None), "entry-altered 7, entry-altered 299");

    let mut swapped: Vec<_> = (0..300).map(fact).collect();
    swapped.swap(3, 299);
    let mut files = ledger(300);
    files.0.extend(entries(&ledger_of(&swapped)));
    assert_eq!(check(&files, None), "entry-moved 3, entry-moved 299");

    let mut files = ledger(300);
    let missing: Vec<_> = (0..300).filter(|number| *number != 17).map(fact).collect();
    let bundle = &entries(&ledger_of(&missing[..255]))["tile/entries/000.p/255"];
    files.0.insert("tile/entries/000".into(), bundle.clone());
    assert_eq!(check(&files, None), "entry-missing 17");
    files.0.remove("tile/entries/000");
    assert_eq!(check(&files, None), "entries-missing 0");
    files.0.remove("tile/0/000");
    assert_eq!(check(&files, None), "tile-missing 0, entries-missing 0, too-many");

    let mut files = ledger(300);
    files.0.get_mut("tile/0/001.p/44").unwrap()[32] ^= 1;
    assert_eq!(check(&files, None), "tile-altered 257");
    files.0.get_mut("tile/1/000.p/1").unwrap()[0] ^= 1;
    assert_eq!(check(&files, None), "tile-altered 257, tile-altered 0");
}

#[test]
fn a_rewritten_ledger_needs_the_key() {
    let mut forged = ledger_of(&(5..305).map(fact).collect::<Vec<_>>());
    let real = ledger(300);
    forged.0.insert(CHECKPOINT.into(), real.0[CHECKPOINT].clone());
    assert_eq!(check(&forged, None), "root-differs");

    let mut files = ledger(3);
    let other = checkpoint(&files).replace("\n3\n", "\n2\n");
    files.0.insert(CHECKPOINT.into(), other.into_bytes());
    assert_eq!(check(&files, None), "signature-wrong");
    let other = checkpoint(&ledger(3)).replace(&format!("{ORIGIN}\n3"), "elsewhere\n3");
    files.0.insert(CHECKPOINT.into(), other.into_bytes());
    assert_eq!(check(&files, None), "origin-differs");
    let report = verify(&files, "nonsense", None);
    assert_eq!(report.problems[0].code, ProblemCode::KeyUnreadable);
}

#[test]
fn a_cut_tail_is_seen_since_a_checkpoint_and_not_without() {
    let (short, long) = (ledger(40), ledger(300));
    assert_eq!(check(&long, Some(&checkpoint(&short))), "");
    assert_eq!(check(&long, Some(&checkpoint(&ledger(0)))), "");
    assert_eq!(check(&short, Some(&checkpoint(&long))), "tail-cut 40");
    let report = verify(&short, &key().to_string(), None);
    assert!(report.ok && report.note.contains("cut back to an earlier signed checkpoint"));

    let other = ledger_of(&(1..301).map(fact).collect::<Vec<_>>());
    assert_eq!(check(&other, Some(&checkpoint(&short))), "history-rewritten");
    assert_eq!(check(&long, Some("no checkpoint")), "since-unusable");
    let report = verify(&long, &key().to_string(), Some("no checkpoint"));
    assert!(report.note.contains("of no use"));
}

#[test]
fn a_writer_that_errs_is_seen_though_it_signed() {
    let mut entries: Vec<_> = (0..3).map(fact).collect();
    entries.push(fact(1));
    entries.push(b"no fact".to_vec());
    assert_eq!(check(&ledger_of(&entries), None), "sequence-wrong 3, entry-unreadable 4");
}

#[test]
fn a_ledger_that_grows_while_it_is_read_is_read_again() {
    use std::cell::Cell;
    struct Growing(Memory, Memory, Cell<u32>);
    impl Files for Growing {
        fn read(&self, path: &str) -> Option<Vec<u8>> {
            let first = self.2.get() == 0 && path == CHECKPOINT;
            self.2.set(self.2.get() + 1);
            if first { self.0.read(path) } else { self.1.read(path) }
        }
    }
    let files = Growing(ledger(5), ledger(9), Cell::new(0));
    let report = verify(&files, &key().to_string(), None);
    assert_eq!((report.ok, report.size), (true, 9));
}

#[test]
fn a_key_is_read_in_one_way_only() {
    let text = key().to_string();
    assert_eq!(PublicKey::parse(&format!("{text}\n")), Ok(key()));
    assert_eq!(PublicKey::parse(&text).unwrap().origin(), ORIGIN);
    let id = key().id_text();
    assert!(PublicKey::parse(&text.replace(&id, &id.to_uppercase())).is_err());
    assert!(PublicKey::new("two words", &[0; 32]).is_err());
    assert!(PublicKey::new("a+b", &[0; 32]).is_err());
}
