//! What the words of a gift tell beyond its cells: who passed it on, and how its note divides it.
//!
//! Invariants:
//! * words are never turned into money: a division is a suggestion for a person, and only where it adds up to the
//!   fen;
//! * nothing is told where the words could mean something else.

use super::amount::{Unit, amount_fen};
use super::cell::clean;

/// Words between who passed a gift on and who gave it.
const PASSED_ON: &[&str] = &["转来", "转交", "代转", "代收"];

/// Words behind who gave a gift that was passed on.
const GIFT: &[&str] = &["捐赠资金", "捐赠款", "的捐款", "捐款", "的捐赠", "捐赠", "的善款", "善款"];

/// Someone's gift that somebody else paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOn {
    /// Who paid it.
    pub payer: String,
    /// Who gave it.
    pub giver: String,
}

/// The payer and the giver of a name such as `甲公司转来乙公司捐款`; `None` for any other name.
pub fn passed_on(name: &str) -> Option<PassedOn> {
    let name = clean(name);
    let (payer, rest) = PASSED_ON.iter().find_map(|word| name.split_once(word))?;
    let giver = GIFT.iter().find_map(|word| rest.strip_suffix(word))?;
    let is_name = |text: &str| text.chars().count() >= 2 && !PASSED_ON.iter().any(|word| text.contains(word));
    let (payer, giver) = (payer.trim(), giver.trim());
    (is_name(payer) && is_name(giver)).then(|| PassedOn { payer: payer.to_owned(), giver: giver.to_owned() })
}

/// A part of a gift, as its note divides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Whom or what the part is for.
    pub purpose: String,
    /// The part, in fen.
    pub amount_fen: i64,
}

/// The parts that a note such as `甲院 55万，乙院、丙院各15万` divides a gift into.
///
/// A suggestion. `None` unless every part is understood, there are several, and they add up to the gift.
pub fn divided(note: &str, gift_fen: i64) -> Option<Vec<Part>> {
    let note = clean(note);
    let mut parts = vec![];
    for clause in note.split(['，', '；', ';', '。']).map(str::trim).filter(|clause| !clause.is_empty()) {
        let amount_start = clause.char_indices().rev().find(|(_, character)| !is_of_amount(*character));
        let (before, amount) = clause.split_at(amount_start.map_or(0, |(at, character)| at + character.len_utf8()));
        let amount_fen = amount_fen(amount, Unit::Yuan).ok()?;
        let before = before.trim().trim_end_matches([':', '：']);
        let (names, is_each) = match before.strip_suffix('各') {
            Some(names) => (names, true),
            None => (before, false),
        };
        let names: Vec<&str> = names.split(['、', '和', '及']).map(str::trim).collect();
        if names.iter().any(|name| name.is_empty()) || (names.len() > 1 && !is_each) {
            return None;
        }
        parts.extend(names.into_iter().map(|name| Part { purpose: name.to_owned(), amount_fen }));
    }
    let sum = parts.iter().try_fold(0_i64, |sum, part| sum.checked_add(part.amount_fen))?;
    (parts.len() > 1 && sum == gift_fen).then_some(parts)
}

fn is_of_amount(character: char) -> bool {
    character.is_ascii_digit() || ('０'..='９').contains(&character) || matches!(character, '.' | ',' | '万' | '元')
}
