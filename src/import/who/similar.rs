//! Names that are nearly those of parties on record: a suggestion for whoever reads the plan, never a match.
//!
//! * Two names are similar where they are the same without brackets, the province or city before them, and the legal
//!   form or `店` behind them.
//! * Only a plan looks; at most [`NAMES_MAX`] parties of the community are compared with.

use std::collections::HashMap;

use super::Person;
use crate::{
    db::{Result, Tx},
    id::{GlobalId, PartyId},
    import::store,
};

/// Parties that are compared with: some ten megabytes.
pub const NAMES_MAX: i64 = 100_000;

/// What stands behind a name and does not tell it from others; the longer before what they end in.
const ENDS: [&str; 14] = [
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "分公司",
    "集团",
    "公司",
    "总店",
    "分店",
    "门店",
    "店",
    "co.,ltd.",
    "co.,ltd",
    "ltd.",
    "ltd",
];

/// The fewest characters that tell a party from others.
const CORE_MIN: usize = 2;

/// The parties of a community by what is distinctive in their names.
#[derive(Debug, Default)]
pub struct Similar(HashMap<String, (PartyId, String)>);

impl Similar {
    /// Those on record where a fund is.
    pub async fn load(tx: &mut Tx, path: &str) -> Result<Self> {
        let mut similar = Self::default();
        for (party, name, key) in store::names(tx, path, NAMES_MAX).await? {
            similar.add(party, &name, &key);
        }
        Ok(similar)
    }

    fn add(&mut self, party: PartyId, name: &str, key: &str) {
        if let Some(core) = core(key) {
            self.0.entry(core).or_insert_with(|| (party, name.to_owned()));
        }
    }

    /// The party whose name is nearly that of somebody new, described; the new one is known from now on.
    pub fn meet(&mut self, person: &Person, party: PartyId) -> Option<String> {
        let key = &person.identity.name_key;
        let found = core(key).and_then(|core| self.0.get(&core)).map(|(known, name)| {
            let id = (known.0 > 0).then(|| GlobalId::new(person.kind.node(), known.0).to_string());
            id.map_or_else(|| name.clone(), |id| format!("{name} ({id})"))
        });
        self.add(party, &person.identity.name, key);
        found
    }
}

/// What is distinctive in a name's key; `None` where hardly anything is.
fn core(key: &str) -> Option<String> {
    let mut depth = 0_u32;
    let mut bare = String::new();
    for symbol in key.chars() {
        match symbol {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => bare.push(symbol),
            _ => {}
        }
    }
    let mut rest = bare.as_str();
    for mark in ['省', '市'] {
        // `湖北省`, `武汉市`; a market (`超市`) further on is part of a name.
        let before = rest.char_indices().take(4).find(|(_, symbol)| *symbol == mark);
        if let Some((at, _)) = before.filter(|(at, _)| rest[..*at].chars().count() >= 2 && !rest[..*at].ends_with('超'))
        {
            rest = &rest[at + mark.len_utf8()..];
        }
    }
    while let Some(shorter) = ENDS.iter().find_map(|end| rest.strip_suffix(end)) {
        rest = shorter;
    }
    (rest.chars().count() >= CORE_MIN).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::core;

    #[test]
    fn names_are_similar_without_what_many_share() {
        for (name, other) in [
            ("样例食品有限公司", "武汉市样例食品(个体)"),
            ("湖北省武汉市样例食品", "样例食品店"),
            ("samplefoodco.,ltd.", "samplefood"),
            ("样例食品集团有限公司", "样例食品股份有限公司"),
        ] {
            assert_eq!(core(name), core(other), "{name} {other}");
            assert!(core(name).is_some(), "{name}");
        }
        for (name, other) in [("好邻居超市", "好邻居"), ("样例一店", "样例二店"), ("大超市东", "东东")]
        {
            assert_ne!(core(name), core(other), "{name} {other}");
        }
        assert_eq!(core("有限公司"), None);
        assert_eq!(core("(甲)"), None);
    }
}
