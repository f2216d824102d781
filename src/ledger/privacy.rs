//! Whose part of some money is told to whom.
//!
//! Those who keep or oversee the books are told every giver. To everybody else:
//!
//! * a party is told its own part in full, and other givers by name only where they chose to be named;
//! * residents are never told one by one, only as a group that is large enough: where they are too few, the
//!   smallest of those who are named are told with them, until nobody's part can be had by taking the named
//!   from the whole;
//! * what is true of a whole is true of its parts: a giver that is told with others in one expense of a project
//!   is told with others in the project, so that the project less its expenses tells no more than they do.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    id::PartyId,
    money::Fen,
    party::{PartyKind, Publicity, is_told},
};

/// Givers of a group with a resident in it: whoever is one of them still sees five others.
pub const GROUP_MIN: usize = 6;

/// What a giver has in one place: an expense, or what waits in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Giver {
    /// What the places belong to, by what was asked: an expense, a project.
    pub owner: i64,
    /// The place.
    pub cell: i64,
    /// The giver.
    pub party_id: PartyId,
    /// What kind of party it is.
    pub kind: PartyKind,
    /// What the public reads in place of its name.
    pub publicity: Publicity,
    /// What of its money was spent there.
    pub spent: Fen,
    /// What of its money waits there.
    pub waiting: Fen,
    /// Its goods there, at their stated value; of an expense in goods they are `spent`.
    pub in_kind: Fen,
}

impl Giver {
    fn is_named(&self) -> bool {
        is_told(self.kind, self.publicity)
    }
}

/// A giver's part of all places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The giver.
    pub party_id: PartyId,
    /// What was spent.
    pub spent: Fen,
    /// What waits.
    pub waiting: Fen,
    /// Goods, at their stated value.
    pub in_kind: Fen,
}

/// Givers that are told together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Others {
    /// How many they are; `None` when they are fewer than [`GROUP_MIN`] and one of them is a resident.
    pub count: Option<i64>,
    /// What of their money was spent.
    pub spent: Fen,
    /// What of their money waits.
    pub waiting: Fen,
    /// Their goods, at the stated value.
    pub in_kind: Fen,
}

/// What is told of some givers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// One by one.
    pub named: Vec<Part>,
    /// The rest together; `None` when there is none.
    pub others: Option<Others>,
}

/// Who is told only with others: whoever is not named in any place, and whom a small group takes along.
fn hidden(givers: &[Giver]) -> BTreeSet<PartyId> {
    let mut cells: BTreeMap<i64, Vec<&Giver>> = BTreeMap::new();
    for giver in givers {
        cells.entry(giver.cell).or_default().push(giver);
    }
    let mut hidden: BTreeSet<PartyId> = givers.iter().filter(|one| !one.is_named()).map(|one| one.party_id).collect();
    for cell in cells.values_mut() {
        let group = cell.iter().filter(|one| !one.is_named()).count();
        let has_resident = cell.iter().any(|one| one.kind == PartyKind::Resident);
        if has_resident && group < GROUP_MIN {
            cell.retain(|one| one.is_named());
            cell.sort_by_key(|one| (one.spent + one.waiting + one.in_kind, one.party_id));
            hidden.extend(cell.iter().take(GROUP_MIN - group).map(|one| one.party_id));
        }
    }
    hidden
}

/// What is told of `givers` to somebody who speaks for the parties `own`, or for none.
pub fn seen(givers: &[Giver], own: &[PartyId]) -> Seen {
    let hidden = hidden(givers);
    let mut parts: BTreeMap<PartyId, Part> = BTreeMap::new();
    let mut residents: BTreeSet<PartyId> = BTreeSet::new();
    for one in givers {
        let none = Part { party_id: one.party_id, spent: Fen::ZERO, waiting: Fen::ZERO, in_kind: Fen::ZERO };
        let part = parts.entry(one.party_id).or_insert(none);
        part.spent += one.spent;
        part.waiting += one.waiting;
        part.in_kind += one.in_kind;
        residents.extend((one.kind == PartyKind::Resident).then_some(one.party_id));
    }
    // How many there are is told of the whole group, whoever asks.
    let too_few = hidden.len() < GROUP_MIN && residents.iter().any(|one| hidden.contains(one));
    let mut seen = Seen::default();
    let mut others = Others { count: Some(0), spent: Fen::ZERO, waiting: Fen::ZERO, in_kind: Fen::ZERO };
    for part in parts.into_values() {
        if own.contains(&part.party_id) || !hidden.contains(&part.party_id) {
            seen.named.push(part);
            continue;
        }
        others.count = others.count.map(|count| count + 1);
        others.spent += part.spent;
        others.waiting += part.waiting;
        others.in_kind += part.in_kind;
    }
    if others.count != Some(0) {
        others.count = others.count.filter(|_| !too_few);
        seen.others = Some(others);
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn giver(cell: i64, party: i64, kind: PartyKind, publicity: Publicity, spent: i64) -> Giver {
        let (spent, waiting, in_kind) = (Fen(spent), Fen::ZERO, Fen::ZERO);
        Giver { owner: 1, cell, party_id: PartyId(party), kind, publicity, spent, waiting, in_kind }
    }

    fn shop(cell: i64, party: i64, spent: i64) -> Giver {
        giver(cell, party, PartyKind::Merchant, Publicity::Name, spent)
    }

    fn household(cell: i64, party: i64, spent: i64) -> Giver {
        giver(cell, party, PartyKind::Resident, Publicity::Anon, spent)
    }

    /// The named with their parts, and the others with their number and part.
    fn told(givers: &[Giver], own: &[i64]) -> String {
        let own: Vec<PartyId> = own.iter().copied().map(PartyId).collect();
        let seen = seen(givers, &own);
        let named = seen.named.iter().map(|part| format!("{}:{}", part.party_id.0, part.spent.0));
        let others = seen.others.map(|others| match others.count {
            Some(count) => format!("{count} others:{}", others.spent.0),
            None => format!("others:{}", others.spent.0),
        });
        named.chain(others).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_told_of_givers_depends_on_what_they_chose_and_on_how_many_they_are() {
        let households = |n: i64| (100..100 + n).map(|party| household(1, party, 5)).collect::<Vec<_>>();
        let with = |more: &[Giver], n| [more, &households(n)].concat();
        let shops: Vec<Giver> = (1..=7).map(|party| shop(1, party, party * 10)).collect();
        let shy = giver(1, 9, PartyKind::PartnerUnit, Publicity::Anon, 90);
        let alias = giver(1, 8, PartyKind::PartnerUnit, Publicity::Alias, 80);
        for (givers, own, expected) in [
            // Organisations by name, or by the alias they chose; one that chose neither is a sum.
            (vec![shops[0], shops[1], alias], &[][..], "1:10 2:20 8:80"),
            (vec![shops[0], shy], &[], "1:10 1 others:90"),
            (vec![shops[0], shy], &[9], "1:10 9:90"),
            // Six households are a group; fewer take the smallest of the named along.
            (with(&shops[..2], 6), &[], "1:10 2:20 6 others:30"),
            (with(&shops, 5), &[], "2:20 3:30 4:40 5:50 6:60 7:70 6 others:35"),
            (with(&shops, 1), &[], "6:60 7:70 6 others:155"),
            (with(&[shops[6], shy], 2), &[], "others:170"),
            (with(&[], 3), &[], "others:15"),
            // A household sees its own part and five others; a named one that is taken along sees its own, too.
            (with(&shops[..2], 6), &[100], "1:10 2:20 100:5 5 others:25"),
            (with(&shops, 1), &[1], "1:10 6:60 7:70 5 others:145"),
            (with(&shops, 1), &[100], "6:60 7:70 100:5 5 others:150"),
        ] {
            assert_eq!(told(&givers, own), expected);
        }
        // Whoever is told with others in one place is told with others in the whole.
        let mut two = with(&shops, 6);
        two.extend([household(2, 100, 1), shop(2, 7, 3)]);
        assert_eq!(told(&two, &[]), "1:10 2:20 3:30 4:40 5:50 6:60 7 others:104");
    }

    proptest! {
        #[test]
        fn no_group_with_a_resident_is_smaller_than_five_others(
            rows in proptest::collection::vec((0..3_i64, 0..14_i64, 1..100_i64), 1..40)
        ) {
            let mut rows: Vec<Giver> = rows.into_iter().map(|(cell, party, amount)| match party % 3 {
                0 => household(cell, party, amount),
                1 => shop(cell, party, amount),
                _ => giver(cell, party, PartyKind::Group, Publicity::Anon, amount),
            }).collect();
            rows.sort_by_key(|row| (row.cell, row.party_id));
            rows.dedup_by_key(|row| (row.cell, row.party_id));
            let whole = seen(&rows, &[]);
            let sum: Fen = rows.iter().map(|row| row.spent).sum();
            let named: Fen = whole.named.iter().map(|part| part.spent).sum();
            prop_assert_eq!(named + whole.others.map_or(Fen::ZERO, |others| others.spent), sum);
            for party in &whole.named {
                prop_assert!(rows.iter().all(|row| row.party_id != party.party_id || row.is_named()));
            }
            // In each place: what is not told by name there is no resident's, or at least six givers', or all of it.
            for cell in 0..3 {
                let here: Vec<Giver> = rows.iter().filter(|row| row.cell == cell).copied().collect();
                let told: Vec<PartyId> = whole.named.iter().map(|part| part.party_id).collect();
                let rest: Vec<&Giver> = here.iter().filter(|row| !told.contains(&row.party_id)).collect();
                let has_resident = rest.iter().any(|row| row.kind == PartyKind::Resident);
                prop_assert!(!has_resident || rest.len() >= GROUP_MIN || rest.len() == here.len());
            }
        }
    }
}
