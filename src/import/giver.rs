//! Whose gift a row is: the party it means among those on record and those the file adds.
//!
//! * A credit code says more than a number in another system, and that says more than a name.
//! * Two parties with different codes, or different numbers, are two, whatever they are called.
//! * Where several are meant the row is refused: money is never given to one of several namesakes.
//! * Who is meant does not depend on the order of the rows: those that say most are matched first.

use std::collections::{HashMap, HashSet};

use super::contributions::Row;
use super::store::Candidate;
use crate::{
    id::{GlobalId, PartyId},
    party::{PartyKind, credit_code, name::name_key},
};

/// What a row says of its giver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// The name as it should be shown.
    pub name: String,
    /// The name as parties are compared by.
    pub name_key: String,
    /// The unified social credit code, normalized.
    pub credit_code: Option<String>,
    /// The number in another system.
    pub external_id: Option<String>,
}

impl Identity {
    /// What `row` says.
    pub fn of(row: &Row) -> Self {
        Self {
            name: row.giver_name.clone(),
            name_key: name_key(&row.giver_name),
            credit_code: row.credit_code.as_deref().map(credit_code::normalize).filter(|code| !code.is_empty()),
            external_id: row.external_id.clone(),
        }
    }

    /// Whether both may be one party: neither contradicts the other.
    fn agrees(&self, other: &Self) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
        same(&self.credit_code, &other.credit_code) && same(&self.external_id, &other.external_id)
    }

    /// What says most comes first.
    fn rank(&self) -> u8 {
        match (&self.credit_code, &self.external_id) {
            (Some(_), _) => 0,
            (None, Some(_)) => 1,
            (None, None) => 2,
        }
    }
}

/// A giver of the file.
#[derive(Clone, Debug)]
pub(super) struct Giver {
    /// The party; `None` until it is registered.
    pub party: Option<PartyId>,
    /// What kind of giver it is.
    pub kind: PartyKind,
    /// What is known of it.
    pub identity: Identity,
    /// Whether it is active where the fund is.
    pub is_active: bool,
}

impl Giver {
    /// How a person tells it from its namesakes.
    fn described(&self) -> String {
        let mut parts = vec![format!("{:?}", self.kind)];
        parts.extend(self.identity.credit_code.clone());
        parts.extend(self.identity.external_id.as_ref().map(|id| format!("#{id}")));
        parts.extend(self.party.map(|party| GlobalId::new(self.kind.node(), party.0).to_string()));
        format!("{} ({})", self.identity.name, parts.join(", "))
    }
}

/// Which giver a row means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// This one.
    One(usize),
    /// Any of these.
    Several(Vec<usize>),
    /// None that is known.
    Nobody,
}

/// Why a row has no giver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoGiver {
    /// It may be any of these, described.
    Several(Vec<String>),
    /// Its credit code is no credit code, for this reason.
    WrongCode(String),
}

/// The givers a file may mean, found by code, number and name.
#[derive(Clone, Debug, Default)]
pub(super) struct Givers {
    all: Vec<Giver>,
    parties: HashSet<PartyId>,
    by_code: HashMap<String, usize>,
    by_external_id: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
}

impl Givers {
    /// Those on record.
    pub fn of(candidates: Vec<Candidate>) -> Self {
        let mut givers = Self::default();
        for found in candidates {
            let Candidate { id, kind, name, name_key, credit_code, external_id, is_active } = found;
            let identity = Identity { name, name_key, credit_code, external_id };
            givers.add(Giver { party: Some(id), kind, identity, is_active: is_active == 1 });
        }
        givers
    }

    /// The giver of this number.
    pub fn get(&self, giver: usize) -> &Giver {
        &self.all[giver]
    }

    /// Writes down that a giver is registered, and active where the fund is.
    pub fn registered(&mut self, giver: usize, party: PartyId) {
        self.parties.insert(party);
        self.all[giver].party = Some(party);
        self.all[giver].is_active = true;
    }

    /// Whether a party is one of them.
    pub fn knows(&self, party: PartyId) -> bool {
        self.parties.contains(&party)
    }

    fn add(&mut self, giver: Giver) -> usize {
        let at = self.all.len();
        let identity = &giver.identity;
        self.parties.extend(giver.party);
        if let Some(code) = &identity.credit_code {
            self.by_code.insert(code.clone(), at);
        }
        // One that is active elsewhere is meant by its code alone.
        if giver.is_active {
            if let Some(id) = &identity.external_id {
                self.by_external_id.entry(id.clone()).or_default().push(at);
            }
            self.by_name.entry(identity.name_key.clone()).or_default().push(at);
        }
        self.all.push(giver);
        at
    }

    /// Whom `identity` means.
    pub fn meant(&self, identity: &Identity) -> Meant {
        if let Some(&found) = identity.credit_code.as_ref().and_then(|code| self.by_code.get(code)) {
            return Meant::One(found);
        }
        let numbered = identity.external_id.as_ref().and_then(|id| self.by_external_id.get(id));
        let named = self.by_name.get(&identity.name_key);
        for found in [numbered, named].into_iter().flatten() {
            let agreeing: Vec<usize> =
                found.iter().copied().filter(|&at| self.all[at].identity.agrees(identity)).collect();
            match agreeing.as_slice() {
                [] => {}
                [one] => return Meant::One(*one),
                _ => return Meant::Several(agreeing),
            }
        }
        Meant::Nobody
    }

    /// How people tell these givers apart.
    pub fn described(&self, givers: &[usize]) -> Vec<String> {
        givers.iter().map(|&at| self.all[at].described()).collect()
    }

    /// Whom each of these means; who is not known is added, without a party.
    pub fn assign(&mut self, identities: &[Identity]) -> Vec<Result<usize, NoGiver>> {
        let mut order: Vec<usize> = (0..identities.len()).collect();
        order.sort_by_key(|&at| identities[at].rank());
        let mut assigned = vec![Err(NoGiver::Several(vec![])); identities.len()];
        for at in order {
            assigned[at] = self.assign_one(&identities[at]);
        }
        assigned
    }

    fn assign_one(&mut self, identity: &Identity) -> Result<usize, NoGiver> {
        // A code on record was accepted by somebody, even where it fails its check.
        if let Some(code) = identity.credit_code.as_ref().filter(|code| !self.by_code.contains_key(*code)) {
            credit_code::check(code).map_err(NoGiver::WrongCode)?;
        }
        match self.meant(identity) {
            Meant::One(giver) => {
                self.learn(giver, identity);
                Ok(giver)
            }
            Meant::Several(givers) => Err(NoGiver::Several(self.described(&givers))),
            Meant::Nobody => {
                let (kind, identity) = (PartyKind::PartnerUnit, identity.clone());
                Ok(self.add(Giver { party: None, kind, identity, is_active: true }))
            }
        }
    }

    /// Keeps what a row adds to what is known of its giver, so that no other row contradicts it.
    fn learn(&mut self, at: usize, identity: &Identity) {
        let known = &mut self.all[at].identity;
        if let (None, Some(code)) = (&known.credit_code, &identity.credit_code) {
            known.credit_code = Some(code.clone());
            self.by_code.insert(code.clone(), at);
        }
        if let (None, Some(id)) = (&known.external_id, &identity.external_id) {
            known.external_id = Some(id.clone());
            self.by_external_id.entry(id.clone()).or_default().push(at);
        }
    }
}
