//! What a row is known as: by its own number in the caller's source, or by its content and which of that content it is.
//!
//! * A number of its own wins; a row that has one is also known by its content, where an earlier copy of the list had
//!   no numbers.
//! * A row with something that a later copy may add (a note) is also known by its content without it.
//! * Rows with the same content are each one of it: the first, the second, in the order of the file.

use std::collections::{HashMap, HashSet};

use sha2::{Digest as _, Sha256};

use super::{Batch, Draft};
use crate::import::seen::Digest;

/// The source of what has no number of its own, as the books say it.
pub const SOURCE: &str = "import";

/// A source, and a number in it.
pub type Number = (String, String);

/// What a row is known as, or is to be known as.
#[derive(Clone, Debug)]
pub struct Place<T> {
    /// The source and the number in it.
    pub number: Number,
    /// What is known under it.
    pub known: Option<T>,
    /// Which of its content it is in the file, and the row of the first.
    pub occurrence: (u32, i64),
}

/// The digest of the fields of a content, in the words of its kind.
pub fn digest_of(domain: &str, fields: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(domain);
    for field in fields {
        // The length before each field keeps the end of one from being the beginning of the next.
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

/// The number of a content: the content, and which of it.
pub fn content_number(content: &Digest, occurrence: u32) -> String {
    let key = Sha256::new().chain_update(content).chain_update(occurrence.to_be_bytes()).finalize();
    hex(&key)
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Every number under which one of these rows may be known.
pub fn wanted(batch: &Batch<'_>, drafts: &[Draft], own: &[Option<Number>]) -> Vec<Number> {
    let mut wanted: Vec<Number> = own.iter().flatten().cloned().collect();
    // A content may stand several times in this batch: each time it may be the next.
    let mut ahead: HashMap<Digest, u32> = HashMap::new();
    for draft in drafts {
        for content in HashSet::from([draft.content, draft.bare]) {
            let next = ahead.entry(content).or_insert_with(|| batch.occurrences.so_far(&content));
            *next += 1;
            wanted.push((SOURCE.to_owned(), content_number(&content, *next)));
        }
    }
    wanted
}

/// The row's own number, where the caller says whose numbers they are.
pub fn own(batch: &Batch<'_>, draft: &Draft) -> Option<Number> {
    Some((batch.options.source.clone()?, draft.reference.clone()?))
}

/// What each row is known as; call it once for each batch, in the order of the rows.
pub fn places<T: Clone>(
    batch: &mut Batch<'_>,
    drafts: &[Draft],
    own: Vec<Option<Number>>,
    known: &HashMap<Number, T>,
) -> Vec<Place<T>> {
    drafts.iter().zip(own).map(|(draft, own)| place(batch, draft, own, known)).collect()
}

fn place<T: Clone>(batch: &mut Batch<'_>, draft: &Draft, own: Option<Number>, known: &HashMap<Number, T>) -> Place<T> {
    let occurrences = &mut *batch.occurrences;
    if let Some((number, found)) = own.as_ref().and_then(|number| Some((number.clone(), known.get(number)?))) {
        return Place { number, known: Some(found.clone()), occurrence: (1, draft.row_no) };
    }
    let mut place = None;
    for content in if draft.has_more() { vec![draft.content, draft.bare] } else { vec![draft.bare] } {
        let number = (SOURCE.to_owned(), content_number(&content, occurrences.so_far(&content) + 1));
        let found = known.get(&number).cloned();
        // Only what is known under a content counts as one of it: a row with more, or with a number of its own, is
        // one of those without only where it stands for one.
        if found.is_none() && (content != draft.content || own.is_some()) {
            continue;
        }
        let occurrence = occurrences.count(&draft.bare, &content, draft.row_no);
        let is_known = found.is_some();
        place = Some(Place { number, known: found, occurrence });
        if is_known {
            break;
        }
    }
    place.unwrap_or_else(|| {
        let number = own.expect("a row without a number counts as one of its content");
        Place { number, known: None, occurrence: (1, draft.row_no) }
    })
}
