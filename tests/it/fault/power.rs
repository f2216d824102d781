//! The power fails: what was written and not yet synced is on the disk, or not, or in part, or in another order.
//!
//! A server's writes and syncs are written down, and disks are made of them as a power cut could have left them
//! at any moment: every sector holds what was last synced, or anything written to it since.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::time::timeout;

use super::{
    loss::Told,
    prepared::{DATABASE, LOG, Prepared, url},
    shim::{How, Kind, Record, Shim},
};
use crate::{
    storm::client::{Acknowledged, Answer, Asker, Dice, Operation, Unanswered},
    support::times,
};

/// Disks that are made and opened.
const IMAGES: u64 = 200;

/// Disks of the control, whose syncs are left out.
const IMAGES_UNSYNCED: u64 = 24;

const CLIENTS: u64 = 4;

/// Mutations of each client: together they fill the log to two checkpoints and begin it anew.
const OPERATIONS: u64 = 40;

/// What a disk writes as a whole or not at all.
const SECTOR: usize = 512;

const STORM_MAX: Duration = Duration::from_secs(120);

/// An operation, and how many records there were when its answer had come; `None` where none came.
struct Marked {
    operation: Operation,
    answered: Option<(u64, Acknowledged)>,
}

/// What was written down while clients were at work.
struct Story {
    records: Vec<Record>,
    marked: Vec<Marked>,
}

/// Has clients work on a copy, and writes down what the server does to its files. The sync `fail_at` fails.
async fn story(prepared: &Prepared, fail_at: u64) -> Option<Story> {
    let dir = prepared.copy();
    let shim = Shim::of(dir.path())?.logging();
    let server = shim.serve(&url(dir.path()), fail_at, How::Sync).unwrap();
    let asker = prepared.asker(&server);
    let clients = join_all((0..CLIENTS).map(|number| client(number, &asker, prepared, &shim)));
    let marked = timeout(STORM_MAX, clients).await.expect("the clients come to their end");
    server.end_now();
    Some(Story { records: shim.records(), marked: marked.into_iter().flatten().collect() })
}

async fn client(number: u64, asker: &Asker, prepared: &Prepared, shim: &Shim) -> Vec<Marked> {
    let mut dice = Dice(number);
    let mut marked = vec![];
    for at in 0..OPERATIONS {
        let operation = Operation::thrown(&mut dice, &prepared.town, format!("{number}/{at}"));
        let answered = match asker.send(&operation).await {
            // What is on the disk by now was there before the answer.
            Ok(Answer::Done(done)) => Some((shim.count().records, Acknowledged { operation: operation.clone(), done })),
            Ok(Answer::Refused(_)) | Err(Unanswered::Away(_)) => None,
            Err(Unanswered::Gone) => panic!("the server goes on"),
        };
        marked.push(Marked { operation, answered });
    }
    marked
}

/// A file, and what was done to it since it was last synced.
#[derive(Clone, Default)]
struct File {
    /// `None` while its name may be lost with it.
    synced: Option<Vec<u8>>,
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*at..end].copy_from_slice(bytes);
            }
            Self::Length(length) => content.resize(*length, 0),
        }
    }

    /// The part of it that begins in each sector.
    fn sectors(&self) -> Vec<Self> {
        let Self::Write(at, bytes) = self else { return vec![self.clone()] };
        let mut parts = vec![];
        let (mut at, mut rest) = (*at, bytes.as_slice());
        while !rest.is_empty() {
            let (part, tail) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
            parts.push(Self::Write(at, part.to_vec()));
            at += part.len();
            rest = tail;
        }
        parts
    }
}

/// How a power cut treats what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cut {
    /// All of it is lost.
    Dropped,
    /// All up to some write is there.
    Prefix,
    /// Any writes are there, whichever came first.
    Reordered,
    /// Any sectors are there, whichever came first.
    Torn,
}

/// The disk at some record of a story.
struct Disk {
    files: BTreeMap<String, File>,
    names: BTreeMap<u32, String>,
    /// Whether a sync does anything.
    syncs: bool,
}

impl Disk {
    fn of(prepared: &Prepared, syncs: bool) -> Self {
        let file = |name: &&str| {
            let synced = Some(fs::read(prepared.path(name)).unwrap());
            ((*name).to_owned(), File { synced, pending: vec![] })
        };
        Self { files: [DATABASE, LOG].iter().map(file).collect(), names: BTreeMap::new(), syncs }
    }

    fn apply(&mut self, record: &Record) {
        let named = self.names.get(&record.file).cloned();
        let named = || named.expect("a file is opened before it is written");
        match record.kind {
            Kind::Opened => {
                let path = Path::new(std::str::from_utf8(&record.bytes).unwrap());
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                self.files.entry(name.clone()).or_default();
                self.names.insert(record.file, name);
            }
            Kind::Wrote => {
                let change = Change::Write(usize::try_from(record.offset).unwrap(), record.bytes.clone());
                self.files.get_mut(&named()).unwrap().pending.push(change);
            }
            Kind::Truncated => {
                let change = Change::Length(usize::try_from(record.offset).unwrap());
                self.files.get_mut(&named()).unwrap().pending.push(change);
            }
            Kind::Synced => {
                let file = self.files.get_mut(&named()).unwrap();
                if self.syncs {
                    let content = file.synced.get_or_insert_default();
                    file.pending.drain(..).for_each(|change| change.apply(content));
                }
            }
            // The system takes what it could not write for written: no later sync writes it.
            Kind::SyncFailed => self.files.get_mut(&named()).unwrap().pending.clear(),
            Kind::Removed => panic!("a server that is killed tidies nothing up"),
        }
    }

    fn pending(&self) -> usize {
        self.files.values().map(|file| file.pending.len()).sum()
    }

    /// Writes the files as a power cut could leave them.
    fn image(&self, cut: Cut, dice: &mut Dice, dir: &Path) {
        for (name, file) in &self.files {
            let mut kept: Vec<Change> = match cut {
                Cut::Dropped => vec![],
                Cut::Prefix => {
                    let count = dice.below(file.pending.len() as u64 + 1);
                    file.pending[..usize::try_from(count).unwrap()].to_vec()
                }
                Cut::Reordered | Cut::Torn => {
                    let parts =
                        |change: &Change| if cut == Cut::Torn { change.sectors() } else { vec![change.clone()] };
                    let percent = *dice.pick(&[10, 50, 90]);
                    file.pending.iter().flat_map(parts).filter(|_| dice.below(100) < percent).collect()
                }
            };
            if matches!(cut, Cut::Reordered | Cut::Torn) {
                for at in (1..kept.len()).rev() {
                    kept.swap(at, usize::try_from(dice.below(at as u64 + 1)).unwrap());
                }
            }
            let mut content = match &file.synced {
                Some(synced) => synced.clone(),
                None if kept.is_empty() => continue,
                None => vec![],
            };
            kept.iter().for_each(|change| change.apply(&mut content));
            fs::write(dir.join(name), content).unwrap();
        }
    }
}

/// What came of many disks.
#[derive(Default, Debug)]
struct Made {
    images: u64,
    /// Those on which something was not synced.
    unsynced: u64,
    cuts: BTreeMap<Cut, u64>,
    /// Operations of the story whose answer came before the cut, over all images.
    acknowledged: usize,
    broken: Vec<String>,
}

/// Makes `count` disks of a story, cut anywhere, and opens each.
async fn disks(prepared: &Prepared, story: &Story, count: u64, syncs: bool) -> Made {
    let mut dice = Dice(count);
    let mut places: Vec<u64> = (0..count).map(|_| dice.below(story.records.len() as u64 + 1)).collect();
    places.sort_unstable();
    let mut disk = Disk::of(prepared, syncs);
    let (mut at, mut made) = (0, Made::default());
    for place in places {
        while at < place {
            disk.apply(&story.records[usize::try_from(at).unwrap()]);
            at += 1;
        }
        let cut = *dice.pick(&[Cut::Dropped, Cut::Prefix, Cut::Reordered, Cut::Torn]);
        let dir = tempfile::tempdir().unwrap();
        disk.image(cut, &mut dice, dir.path());
        let mut told = Told::default();
        for one in &story.marked {
            match &one.answered {
                Some((mark, acknowledged)) if *mark <= place => told.acknowledged.push(acknowledged.clone()),
                _ => told.unanswered.push(one.operation.clone()),
            }
        }
        made.images += 1;
        made.unsynced += u64::from(disk.pending() > 0);
        *made.cuts.entry(cut).or_default() += 1;
        made.acknowledged += told.acknowledged.len();
        if let Err(why) = prepared.check(dir.path(), &told).await {
            made.broken.push(format!("{cut:?} at record {place}: {why}"));
        }
    }
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_takes_nothing_that_was_acknowledged() {
    let prepared = Prepared::make().await;
    let start = Instant::now();
    let Some(story) = story(&prepared, 0).await else { return };
    let answered = story.marked.iter().filter(|one| one.answered.is_some()).count();
    assert!(answered >= 100, "{answered} acknowledged");
    let made = disks(&prepared, &story, times(IMAGES), true).await;
    assert_eq!(made.broken, Vec::<String>::new());
    assert!(made.unsynced * 2 > made.images, "{made:?}");
    assert_eq!(made.cuts.len(), 4);
    // The control: the same disks, had nothing been synced, as `synchronous=OFF` would have it.
    let control = disks(&prepared, &story, IMAGES_UNSYNCED, false).await;
    assert!(!control.broken.is_empty(), "without a sync nothing is safe");
    eprintln!(
        "power: {} records, {answered} acknowledged; {} images, {} of them with unsynced writes, {:?}: none broken; \
         {} of {} broken without syncs; {:?}",
        story.records.len(),
        made.images,
        made.unsynced,
        made.cuts,
        control.broken.len(),
        control.images,
        start.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_that_fails_before_a_power_cut_takes_nothing_that_was_acknowledged() {
    let prepared = Prepared::make().await;
    let start = Instant::now();
    let Some(whole) = story(&prepared, 0).await else { return };
    let syncs = whole.records.iter().filter(|one| one.kind == Kind::Synced).count() as u64;
    let (mut images, mut dice) = (0, Dice(5));
    let stories = times(4);
    for _ in 0..stories {
        // Not among the last: the next run may have fewer.
        let story = story(&prepared, 1 + dice.below(syncs / 2)).await.expect("it was built before");
        let failed = story.records.iter().filter(|one| one.kind == Kind::SyncFailed).count();
        assert_eq!(failed, 1);
        let made = disks(&prepared, &story, IMAGES / 20, true).await;
        assert_eq!(made.broken, Vec::<String>::new());
        images += made.images;
    }
    eprintln!("power: {stories} syncs failed, and {images} images after them; {:?}", start.elapsed());
}
