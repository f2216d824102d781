//! Whom a row means: the party among those on record and those that the file adds.
//!
//! * A credit code says more than a number in another system, and that says more than a name.
//! * Two parties with different codes, or different numbers, are two, whatever they are called.
//! * Where several are meant the row is refused: money is never given to one of several namesakes.
//! * Within a batch those that say most are matched first; a bare name that stands beside several numbers anywhere
//!   in the file is refused wherever it stands. So it does not matter in which order the rows come.

mod similar;

use std::collections::{HashMap, HashSet};

use sha2::{Digest as _, Sha256};

use super::cell::folded;
use super::seen::Digest;
use super::store::{self, Candidate};
use crate::{
    db::Tx,
    error::{Error, Refusal, Result},
    fund::Fund,
    id::{GlobalId, PartyId},
    party::{self, PartyKind, Registration, credit_code, fill::Fill, name::name_key},
    viewer::By,
};
use similar::Similar;

/// What a row says of a party.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
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
    /// What a name, a code and a number say.
    pub fn new(name: &str, code: Option<&str>, external_id: Option<String>) -> Self {
        Self {
            name: name.to_owned(),
            name_key: name_key(name),
            credit_code: code.map(|code| credit_code::normalize(&folded(code))).filter(|code| !code.is_empty()),
            external_id,
        }
    }

    /// Whether both may be one party: neither contradicts the other.
    fn agrees(&self, other: &Self) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
        same(&self.credit_code, &other.credit_code) && same(&self.external_id, &other.external_id)
    }

    /// Whether it has a code or a number.
    pub fn has_number(&self) -> bool {
        self.rank() < 2
    }

    /// What says most comes first.
    fn rank(&self) -> u8 {
        match (&self.credit_code, &self.external_id) {
            (Some(_), _) => 0,
            (None, Some(_)) => 1,
            (None, None) => 2,
        }
    }

    /// The digest of what it says.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        for part in [Some(&self.name_key), self.credit_code.as_ref(), self.external_id.as_ref()] {
            let part = part.map_or("", String::as_str);
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// A key below zero, for a party that is not registered yet: the same whenever the same is planned.
    fn provisional(&self) -> PartyId {
        let digest = self.digest();
        let word = i64::from_be_bytes(digest[..8].try_into().expect("eight bytes"));
        PartyId(-(word & i64::MAX) - 1)
    }
}

/// The names that stand beside several numbers in one file.
///
/// At most [`Self::NAMES_MAX`] names with numbers are looked at: beyond them it matters which row comes first.
#[derive(Debug, Default)]
pub struct Namesakes {
    first: HashMap<u64, u64>,
    several: HashSet<u64>,
}

impl Namesakes {
    /// Names with numbers that are kept in mind.
    pub const NAMES_MAX: usize = 200_000;

    /// Takes in what a row says.
    pub fn meet(&mut self, identity: &Identity) {
        if identity.rank() == 2 || self.first.len() >= Self::NAMES_MAX {
            return;
        }
        let numbers = short(&[identity.credit_code.as_deref(), identity.external_id.as_deref()]);
        let name = short(&[Some(&identity.name_key)]);
        if *self.first.entry(name).or_insert(numbers) != numbers {
            self.several.insert(name);
        }
    }

    fn has(&self, identity: &Identity) -> bool {
        identity.rank() == 2 && !self.several.is_empty() && self.several.contains(&short(&[Some(&identity.name_key)]))
    }

    /// Only what is needed to judge rows.
    pub fn settled(mut self) -> Self {
        self.first = HashMap::new();
        self
    }
}

fn short(parts: &[Option<&str>]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.unwrap_or_default());
        hash.update([0]);
    }
    u64::from_be_bytes(hash.finalize()[..8].try_into().expect("eight bytes"))
}

/// A party that rows may mean.
#[derive(Clone, Debug)]
struct Person {
    /// The party; `None` until it is registered.
    party: Option<PartyId>,
    kind: PartyKind,
    identity: Identity,
    /// Whether it is active where the fund is.
    is_active: bool,
    /// Whether rows say something of it that is not on record.
    has_news: bool,
}

impl Person {
    /// How a person tells it from its namesakes.
    fn described(&self) -> String {
        let mut parts = vec![format!("{:?}", self.kind)];
        parts.extend(self.identity.credit_code.clone());
        parts.extend(self.identity.external_id.as_ref().map(|id| format!("#{id}")));
        parts.extend(self.party.map(|party| GlobalId::new(self.kind.node(), party.0).to_string()));
        format!("{} ({})", self.identity.name, parts.join(", "))
    }
}

/// Whom `identity` means.
enum Meant {
    One(usize),
    Several(Vec<usize>),
    Nobody,
}

/// Why a row's party is not clear.
#[derive(Clone, Debug)]
pub enum NotClear {
    /// It may be any of these, described.
    Several(Vec<String>),
    /// The operations refuse it.
    Error(Error),
}

/// A party that a row means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The party; a key below zero stands for one that would be registered.
    pub party: PartyId,
    /// Whether this batch registers it, the first of the pass.
    pub is_new: bool,
    /// What this batch fills in of it.
    pub filled: Option<Fill>,
    /// Whose name a new one's is nearly, described; only a plan looks.
    pub similar: Option<String>,
}

/// Whether the parties are only planned or written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing is written.
    Plan,
    /// What is planned is done.
    Book,
}

/// The parties that the rows of one pass have meant so far.
#[derive(Default)]
pub struct People {
    all: Vec<Person>,
    known: HashMap<Identity, usize>,
    parties: HashMap<PartyId, usize>,
    by_code: HashMap<String, usize>,
    by_external_id: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    namesakes: Namesakes,
    /// Loaded when a plan meets the first that is new.
    similar: Option<Similar>,
}

/// Where the parties are looked for, and who looks.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The fund that is imported into.
    pub fund: &'a Fund,
    /// Who imports.
    pub by: By<'a>,
    /// What kind of party a new one is.
    pub kind: PartyKind,
    /// Whether anything is written.
    pub effect: Effect,
}

/// What became of the parties of a batch.
#[derive(Default)]
pub struct Met {
    found: HashMap<Identity, Result<Found, NotClear>>,
    /// How many were registered, or would be.
    pub registered: i64,
}

impl Met {
    /// The party that `identity` means.
    pub fn party(&self, identity: &Identity) -> Result<&Found, &NotClear> {
        self.found.get(identity).expect("every identity of a batch was looked for").as_ref()
    }

    /// The keys that stand for parties which would be registered.
    pub fn provisional(&self) -> HashSet<PartyId> {
        self.found.values().flatten().map(|found| found.party).filter(|party| party.0 < 0).collect()
    }
}

impl People {
    /// Those of a file in which these names stand beside several numbers.
    pub fn of(namesakes: Namesakes) -> Self {
        Self { namesakes: namesakes.settled(), ..Self::default() }
    }

    /// Forgets whom rows have meant: somebody else has just registered one of them.
    pub fn forget(&mut self) {
        let namesakes = std::mem::take(&mut self.namesakes);
        *self = Self::of(namesakes);
    }

    /// Parties that are kept in mind: some forty megabytes.
    const KEPT_MAX: usize = 100_000;

    /// Finds, registers and completes the parties that `wanted` mean: the same number of statements for one as for
    /// many.
    pub async fn meet(&mut self, tx: &mut Tx, scene: Scene<'_>, wanted: &[&Identity]) -> Result<Met> {
        if self.all.len() > Self::KEPT_MAX {
            self.forget();
        }
        let mut seen = HashSet::new();
        let distinct: Vec<&Identity> = wanted.iter().copied().filter(|one| seen.insert(*one)).collect();
        let unknown: Vec<&Identity> = distinct.iter().copied().filter(|one| !self.known.contains_key(*one)).collect();
        if !unknown.is_empty() {
            for candidate in store::candidates(&mut *tx, &scene.fund.area_path, &unknown).await? {
                self.add_candidate(candidate);
            }
        }
        let mut met = Met::default();
        let assigned = self.assign(&unknown, scene.kind);
        let mut persons: Vec<usize> = vec![];
        for (identity, assigned) in unknown.into_iter().zip(assigned) {
            match assigned {
                Ok(at) => {
                    self.known.insert(identity.clone(), at);
                }
                Err(why) => {
                    met.found.insert(identity.clone(), Err(why));
                }
            }
        }
        for identity in &distinct {
            persons.extend(self.known.get(*identity));
        }
        persons.sort_unstable();
        persons.dedup();
        let outcomes = self.settle(tx, scene, &persons, &mut met).await?;
        for identity in distinct {
            if let Some(at) = self.known.get(identity) {
                met.found.insert(identity.clone(), outcomes[at].clone());
            }
        }
        Ok(met)
    }

    /// Registers, joins and completes these persons, or says what that would be answered.
    async fn settle(
        &mut self,
        tx: &mut Tx,
        scene: Scene<'_>,
        persons: &[usize],
        met: &mut Met,
    ) -> Result<HashMap<usize, Result<Found, NotClear>>> {
        let mut outcomes: HashMap<usize, Result<Found, NotClear>> = HashMap::new();
        let is_new = |at: &&usize| self.all[**at].party.is_none_or(|party| party.0 < 0);
        let new: Vec<usize> = persons.iter().filter(is_new).copied().collect();
        let drafts: Vec<Registration> = new.iter().map(|at| self.registration(*at, scene.fund)).collect();
        if scene.effect == Effect::Plan && self.similar.is_none() && !new.is_empty() {
            self.similar = Some(Similar::load(tx, &scene.fund.area_path).await?);
        }
        for (at, outcome) in new.into_iter().zip(register(tx, scene, &drafts).await?) {
            let outcome = outcome.map(|party| {
                let first_time = self.all[at].party.is_none();
                met.registered += i64::from(first_time);
                let party = party.unwrap_or_else(|| self.all[at].identity.provisional());
                if scene.effect == Effect::Plan {
                    self.all[at].party = Some(party);
                }
                let similar = self.similar.as_mut().filter(|_| first_time);
                let similar = similar.and_then(|similar| similar.meet(&self.all[at], party));
                Found { party, is_new: first_time, filled: None, similar }
            });
            outcomes.insert(at, outcome.map_err(NotClear::Error));
        }
        let joining: Vec<(usize, PartyId)> =
            self.on_record(persons, &outcomes).filter(|(at, _)| !self.all[*at].is_active).collect();
        if !joining.is_empty() {
            let parties: Vec<PartyId> = joining.iter().map(|(_, party)| *party).collect();
            let area = scene.fund.area_id;
            let joined = match scene.effect {
                Effect::Plan => party::join_area_check(tx, scene.by, &parties, area).await?,
                Effect::Book => party::join_area_all(tx, scene.by, &parties, area).await?,
            };
            for ((at, _), outcome) in joining.into_iter().zip(joined) {
                if let Err(why) = outcome {
                    outcomes.insert(at, Err(NotClear::Error(self.not_told(at, why)?)));
                }
            }
        }
        let fills: Vec<(usize, Fill)> = self
            .on_record(persons, &outcomes)
            .filter(|(at, _)| self.all[*at].has_news)
            .map(|(at, party)| (at, self.fill(at, party)))
            .collect();
        let wanted: Vec<Fill> = fills.iter().map(|(_, fill)| fill.clone()).collect();
        let filled = match scene.effect {
            Effect::Plan => party::fill::fill_check(tx, scene.by, &scene.fund.area_path, &wanted).await?,
            Effect::Book => party::fill::fill(tx, scene.by, &scene.fund.area_path, &wanted).await?,
        };
        for ((at, fill), outcome) in fills.into_iter().zip(filled) {
            let outcome = outcome.map(|filled| {
                let filled = Some(filled).filter(|filled| !filled.is_empty());
                Found { party: fill.party, is_new: false, filled, similar: None }
            });
            outcomes.insert(at, outcome.map_err(NotClear::Error));
        }
        for at in persons {
            let party = self.all[*at].party;
            outcomes.entry(*at).or_insert_with(|| {
                let party = party.expect("who is not on record was registered");
                Ok(Found { party, is_new: false, filled: None, similar: None })
            });
        }
        Ok(outcomes)
    }

    /// Those of `persons` that are on record and have no outcome yet.
    fn on_record<'a>(
        &'a self,
        persons: &'a [usize],
        outcomes: &'a HashMap<usize, Result<Found, NotClear>>,
    ) -> impl Iterator<Item = (usize, PartyId)> + 'a {
        let open = persons.iter().copied().filter(|at| !outcomes.contains_key(at));
        open.filter_map(|at| Some((at, self.all[at].party?)))
    }

    /// Who may not read a party is told no more than a second registration would be.
    fn not_told(&self, at: usize, why: Error) -> Result<Error> {
        match why {
            Error::Denied(_) => {
                let code = self.all[at].identity.credit_code.clone().unwrap_or_default();
                Ok(Refusal::CreditCodeTaken { code }.at("creditCode"))
            }
            other => Err(other),
        }
    }

    /// Writes down what a batch that lasts has done.
    pub fn booked(&mut self, met: &Met) {
        for (identity, found) in &met.found {
            let (Ok(found), Some(at)) = (found, self.known.get(identity)) else { continue };
            self.parties.insert(found.party, *at);
            let person = &mut self.all[*at];
            (person.party, person.is_active, person.has_news) = (Some(found.party), true, false);
        }
    }

    fn registration(&self, at: usize, fund: &Fund) -> Registration {
        let Person { kind, identity, .. } = &self.all[at];
        Registration {
            kind: *kind,
            name: identity.name.clone(),
            alias: None,
            publicity: None,
            credit_code: identity.credit_code.clone(),
            credit_code_override: None,
            external_id: identity.external_id.clone(),
            areas: vec![fund.area_id],
        }
    }

    fn fill(&self, at: usize, party: PartyId) -> Fill {
        let Identity { credit_code, external_id, .. } = &self.all[at].identity;
        Fill { party, credit_code: credit_code.clone(), external_id: external_id.clone() }
    }

    fn add_candidate(&mut self, candidate: Candidate) {
        let Candidate { id, kind, name, name_key, credit_code, external_id, is_active } = candidate;
        if self.parties.contains_key(&id) {
            return;
        }
        let identity = Identity { name, name_key, credit_code, external_id };
        let at = self.add(Person { party: Some(id), kind, identity, is_active: is_active == 1, has_news: false });
        self.parties.insert(id, at);
    }

    fn add(&mut self, person: Person) -> usize {
        let at = self.all.len();
        let identity = &person.identity;
        if let Some(code) = &identity.credit_code {
            self.by_code.insert(code.clone(), at);
        }
        // One that is active elsewhere is meant by its code alone.
        if person.is_active {
            if let Some(id) = &identity.external_id {
                self.by_external_id.entry(id.clone()).or_default().push(at);
            }
            self.by_name.entry(identity.name_key.clone()).or_default().push(at);
        }
        self.all.push(person);
        at
    }

    fn meant(&self, identity: &Identity) -> Meant {
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

    /// Whom each of these means; who is not known is added, without a party.
    fn assign(&mut self, identities: &[&Identity], kind: PartyKind) -> Vec<Result<usize, NotClear>> {
        let mut order: Vec<usize> = (0..identities.len()).collect();
        order.sort_by_key(|&at| identities[at].rank());
        let mut assigned: Vec<Option<Result<usize, NotClear>>> = vec![None; identities.len()];
        for at in order {
            assigned[at] = Some(self.assign_one(identities[at], kind));
        }
        assigned.into_iter().flatten().collect()
    }

    fn assign_one(&mut self, identity: &Identity, kind: PartyKind) -> Result<usize, NotClear> {
        // A code on record was accepted by somebody, even where it fails its check.
        if let Some(code) = identity.credit_code.as_ref().filter(|code| !self.by_code.contains_key(*code))
            && let Err(reason) = credit_code::check(code)
        {
            let code = code.clone();
            return Err(NotClear::Error(Refusal::CreditCodeInvalid { code, reason }.at("creditCode")));
        }
        match self.meant(identity) {
            Meant::One(_) | Meant::Nobody if self.namesakes.has(identity) => {
                Err(NotClear::Several(vec![identity.name.clone()]))
            }
            Meant::One(person) => {
                self.learn(person, identity);
                Ok(person)
            }
            Meant::Several(persons) => {
                Err(NotClear::Several(persons.iter().map(|&at| self.all[at].described()).collect()))
            }
            Meant::Nobody => {
                let identity = identity.clone();
                Ok(self.add(Person { party: None, kind, identity, is_active: true, has_news: false }))
            }
        }
    }

    /// Keeps what a row adds to what is known of its party, so that no other row contradicts it.
    fn learn(&mut self, at: usize, identity: &Identity) {
        let person = &mut self.all[at];
        if let (None, Some(code)) = (&person.identity.credit_code, &identity.credit_code) {
            person.identity.credit_code = Some(code.clone());
            person.has_news = true;
            self.by_code.insert(code.clone(), at);
        }
        if let (None, Some(id)) = (&person.identity.external_id, &identity.external_id) {
            person.identity.external_id = Some(id.clone());
            person.has_news = true;
            self.by_external_id.entry(id.clone()).or_default().push(at);
        }
    }
}

/// Registers parties, or says what that would be answered; the key is `None` where nothing is written.
async fn register(tx: &mut Tx, scene: Scene<'_>, drafts: &[Registration]) -> Result<Vec<Result<Option<PartyId>>>> {
    if drafts.is_empty() {
        return Ok(vec![]);
    }
    Ok(match scene.effect {
        Effect::Plan => {
            let checked = party::register_check(tx, scene.by, drafts).await?;
            checked.into_iter().map(|outcome| outcome.map(|()| None)).collect()
        }
        Effect::Book => {
            let registered = party::register(tx, scene.by, drafts).await?;
            registered.into_iter().map(|outcome| outcome.map(|party| Some(party.id))).collect()
        }
    })
}
