//! The committed example, and real published lists where they are at hand.

use std::path::{Path, PathBuf};

use super::*;

const EXAMPLE: &str = include_str!("../../../examples/contributions.csv");
const EXAMPLE_MAPPING: &str = include_str!("../../../examples/contributions.map.toml");

#[test]
fn the_example_imports_without_refusals() {
    let guessed = contributions(EXAMPLE);
    assert_eq!(guessed.refusals, []);
    assert_eq!((guessed.rows.len(), guessed.header_row), (12, 3));
    assert_eq!(guessed.control_total, Some(guessed.total_fen));
    let repeat = Repeat { row: 12, of_row: 11, occurrence: 2 };
    assert_eq!(guessed.repeats, [repeat]);
    assert_eq!(guessed.passed_over, [0_u64; 0]);

    let mapping = Mapping::parse(EXAMPLE_MAPPING, COLUMNS).expect("the mapping is understood");
    let mapped = Options { mapping, ..options() };
    let mapped = read(Cursor::new(EXAMPLE), &mapped).expect("the example is accepted");
    assert_eq!(mapped.rows, guessed.rows);
}

/// The folder of real lists, which are no part of the repository.
fn data() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("COBUILD_DATA").map(PathBuf::from);
    let near = ["../shared/data", "../../shared/data"].map(|path| here.join(path));
    named.into_iter().chain(near).find(|path| path.join("hubei_redcross_2020_orgs_only.csv").exists())
}

/// The published sheet a row was taken from: the first part of its reference.
fn sheet_of(list: &Contributions, number: u64) -> &str {
    let row = list.rows.iter().find(|row| row.row == number).expect("the row is a gift");
    let reference = row.reference.as_deref().expect("the row has a reference");
    reference.split(':').next().expect("a part")
}

#[test]
fn a_real_list_and_its_twin_in_gb18030_give_the_same_gifts() {
    use std::io::Write as _;

    let Some(data) = data() else {
        // Not `eprintln!`, which the runner keeps to itself while a test passes.
        let _ = writeln!(std::io::stderr(), "skipped: no folder of real lists; set COBUILD_DATA to one");
        return;
    };
    let list = |name: &str| {
        let bytes = std::fs::read(data.join(name)).expect("the list is readable");
        read_bytes(&bytes).expect("the list is accepted")
    };
    let utf8 = list("hubei_redcross_2020_orgs_only.csv");
    let gb18030 = list("hubei_redcross_2020_orgs_only.gb18030.csv");
    assert_eq!((utf8.found.encoding, gb18030.found.encoding), (Some(Encoding::Utf8), Some(Encoding::Gb18030)));
    for list in [&utf8, &gb18030] {
        let names: std::collections::BTreeSet<&str> = list.rows.iter().map(|row| row.name_key.as_str()).collect();
        assert_eq!(list.refusals, []);
        assert_eq!((list.rows.len(), list.total_fen), (730, 53_761_006_663));
        assert_eq!((list.repeats.len(), names.len()), (11, 663));
        // Eight stand twice in one published sheet; three stand in a sheet and again in the next one.
        let in_one_sheet = |repeat: &&Repeat| sheet_of(list, repeat.row) == sheet_of(list, repeat.of_row);
        assert_eq!(list.repeats.iter().filter(in_one_sheet).count(), 8);
        assert_eq!(list.rows.iter().filter(|row| row.note.is_some()).count(), 105);
        assert_eq!(keys(list).len(), 730);
    }
    assert_eq!(utf8.rows, gb18030.rows);
}
