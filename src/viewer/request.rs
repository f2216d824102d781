//! One request: who asks, one snapshot to read from, and loads that siblings share.
//!
//! A load waits until a turn of the executor brings no more keys, so that every sibling field has added its
//! own; then one statement fetches them all. No timer is involved: the number of statements of a query
//! does not depend on its width.
//!
//! A page that is asked for often fetches what its rows lead to in the same statement, as columns beside them
//! ([`Joined`]); [`Request::rows`] remembers it, so that the fields below find it known. A field whose row was
//! not brought along loads it as ever: what is brought changes the number of statements and nothing else.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex},
};

use tokio::sync::{MappedMutexGuard, MutexGuard, oneshot};

use super::{By, Viewer, write::write};
use crate::{
    clock::Clock,
    db::{Db, Joined, Session, Tx},
    error::{Denied, Error, Language, Result, UserError},
};

/// What the fields of one request share.
pub struct Request {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Who asks.
    pub viewer: Viewer,
    /// The language of messages and labels.
    pub language: Language,
    session: tokio::sync::Mutex<Option<Session>>,
    batches: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

/// One kind of row that many fields of a request ask for by key.
pub trait Load: Send + Sync + 'static {
    /// What a row is asked for by.
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    /// What is found.
    type Value: Clone + Send + Sync + 'static;

    /// Fetches the rows of `keys`, which are never empty and never repeat, in one statement.
    fn load(
        request: &Request,
        keys: Vec<Self::Key>,
    ) -> impl Future<Output = Result<HashMap<Self::Key, Self::Value>>> + Send;
}

/// What a row brings along beside it: rows that the fields below it will load.
pub trait Beside {
    /// Makes them known to their loads.
    fn remember(self, request: &Request);
}

impl<T: Beside> Beside for Option<T> {
    fn remember(self, request: &Request) {
        if let Some(there) = self {
            there.remember(request);
        }
    }
}

impl<A: Beside, B: Beside> Beside for (A, B) {
    fn remember(self, request: &Request) {
        self.0.remember(request);
        self.1.remember(request);
    }
}

impl<A: Beside, B: Beside, C: Beside, D: Beside> Beside for (A, B, C, D) {
    fn remember(self, request: &Request) {
        ((self.0, self.1), (self.2, self.3)).remember(request);
    }
}

struct Batch<L: Load>(Mutex<Pending<L>>);

struct Pending<L: Load> {
    known: HashMap<L::Key, Option<L::Value>>,
    keys: Vec<L::Key>,
    waiting: Vec<oneshot::Sender<Result<()>>>,
    /// Whether somebody has taken it on to fetch `keys`.
    led: bool,
}

impl<L: Load> Default for Batch<L> {
    fn default() -> Self {
        Self(Mutex::new(Pending { known: HashMap::new(), keys: vec![], waiting: vec![], led: false }))
    }
}

/// Lets the other fields of this request go first. The runtime's own yield would let the thread look for
/// other work before, which costs more than a small statement.
async fn turn() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// Somebody's promise to fetch what is pending, taken back when they are dropped before they do.
struct Lead<'b, L: Load>(&'b Batch<L>);

impl<L: Load> Drop for Lead<'_, L> {
    fn drop(&mut self) {
        let mut pending = self.0.0.lock().expect(UNPOISONED);
        pending.led = false;
        // Those who wait are woken by it, and one of them leads.
        pending.waiting.clear();
    }
}

/// How many turns without a new key end the wait of a load.
const QUIET_TURNS: usize = 3;

const UNPOISONED: &str = "nothing panics while it holds this lock";

impl Request {
    /// A request of `viewer`.
    pub fn new(db: Db, clock: Clock, viewer: Viewer, language: Language) -> Self {
        Self { db, clock, viewer, language, session: Default::default(), batches: Default::default() }
    }

    /// Lets it read from a session that was begun before.
    pub fn reading_from(mut self, session: Option<Session>) -> Self {
        self.session = tokio::sync::Mutex::new(session);
        self
    }

    /// Who acts, and when.
    pub fn by(&self) -> By<'_> {
        By { viewer: &self.viewer, now: self.clock.now(), today: self.clock.today() }
    }

    /// The connection with this request's snapshot, begun at the first read.
    pub async fn session(&self) -> Result<MappedMutexGuard<'_, Session>> {
        let mut guard = self.session.lock().await;
        if guard.is_none() {
            // Every field holds what this takes, for it may be the first to read; it is moved about with each.
            *guard = Some(Box::pin(self.db.session()).await?);
        }
        Ok(MutexGuard::map(guard, |session| session.as_mut().expect("begun above")))
    }

    /// Forgets the snapshot and all that was loaded: after a write, reads see it.
    pub async fn refresh(&self) {
        *self.session.lock().await = None;
        self.batches.lock().expect(UNPOISONED).clear();
    }

    /// The row of `key`, fetched together with what sibling fields ask for.
    pub async fn load<L: Load>(&self, key: L::Key) -> Result<Option<L::Value>> {
        let batch = self.batch::<L>();
        loop {
            let turn = {
                let mut pending = batch.0.lock().expect(UNPOISONED);
                if let Some(known) = pending.known.get(&key) {
                    return Ok(known.clone());
                }
                if !pending.keys.contains(&key) {
                    pending.keys.push(key.clone());
                }
                if pending.led {
                    let (done, wait) = oneshot::channel();
                    pending.waiting.push(done);
                    Some(wait)
                } else {
                    pending.led = true;
                    None
                }
            };
            match turn {
                None => Box::pin(self.lead(&batch)).await?,
                // An error when the field that led was dropped, because another field of its parent failed:
                // then somebody else must lead.
                Some(wait) => {
                    if let Ok(done) = wait.await {
                        done?;
                    }
                }
            }
        }
    }

    /// The row of a key that the database promises there is, fetched as [`Request::load`] does.
    pub async fn need<L: Load>(&self, key: L::Key) -> Result<L::Value> {
        let found = self.load::<L>(key).await?;
        found.ok_or_else(|| anyhow::anyhow!("{}: a key leads nowhere", std::any::type_name::<L>()).into())
    }

    /// Makes a row known that was fetched with another, in this request's snapshot.
    pub fn prime<L: Load>(&self, key: L::Key, value: L::Value) {
        let batch = self.batch::<L>();
        batch.0.lock().expect(UNPOISONED).known.entry(key).or_insert(Some(value));
    }

    /// The rows of a page; what stands beside them is remembered.
    pub fn rows<T, B: Beside>(&self, joined: Vec<Joined<(T, B)>>) -> Vec<T> {
        let row = |Joined((row, beside)): Joined<(T, B)>| {
            beside.remember(self);
            row
        };
        joined.into_iter().map(row).collect()
    }

    async fn lead<L: Load>(&self, batch: &Batch<L>) -> Result<()> {
        let lead = Lead(batch);
        // More than 30 siblings are not polled in one turn, and those of an object with more than 30 fields take two
        // before its own siblings have theirs: wait until some turns bring no more.
        let (mut seen, mut quiet) = (0, 0);
        let (keys, waiting) = loop {
            turn().await;
            let mut pending = lead.0.0.lock().expect(UNPOISONED);
            quiet = if pending.keys.len() == seen { quiet + 1 } else { 0 };
            if quiet == QUIET_TURNS {
                pending.led = false;
                break (std::mem::take(&mut pending.keys), std::mem::take(&mut pending.waiting));
            }
            seen = pending.keys.len();
        };
        std::mem::forget(lead);
        let loaded = L::load(self, keys.clone()).await;
        let outcome = loaded.map(|mut found| {
            let mut pending = batch.0.lock().expect(UNPOISONED);
            for key in keys {
                let value = found.remove(&key);
                pending.known.insert(key, value);
            }
        });
        for done in waiting {
            // A sibling whose request was cancelled no longer waits.
            let _ = done.send(outcome.clone());
        }
        outcome
    }

    fn batch<L: Load>(&self) -> Arc<Batch<L>> {
        let mut batches = self.batches.lock().expect(UNPOISONED);
        let batch = batches.entry(TypeId::of::<L>()).or_insert_with(|| Arc::new(Batch::<L>::default()));
        Arc::clone(batch).downcast().unwrap_or_else(|_| unreachable!("each type has its own entry"))
    }

    /// Runs the write of a mutation: commits what it did, takes back what was refused, and splits the outcome
    /// into what the payload shows. Reads that follow see the write. `work` may be called again when the
    /// database was in its way (see [`write`](mod@super::write)).
    ///
    /// # Errors
    /// What is no refusal: a denial, a broken request or a fault.
    pub async fn write<T>(
        &self,
        work: impl AsyncFnOnce(&mut Tx, By<'_>) -> Result<T> + Clone,
    ) -> Result<(Option<T>, Vec<UserError>)> {
        let ended = write(&self.db, || self.by(), work).await;
        self.refresh().await;
        match ended {
            Ok(done) => Ok((Some(done), vec![])),
            Err(Error::Refused(refused)) => Ok((None, vec![refused.user_error(self.language)])),
            Err(other) => Err(other),
        }
    }

    /// The request of a resolver's context.
    pub fn of<'c>(ctx: &'c async_graphql::Context<'_>) -> &'c Self {
        ctx.data_unchecked()
    }
}

/// The owners whose pages are asked for, by what is the same for all of them: one statement each.
pub fn by_page<O, P: Eq + Hash>(keys: Vec<(O, P)>) -> HashMap<P, Vec<O>> {
    let mut owners: HashMap<P, Vec<O>> = HashMap::new();
    for (owner, page) in keys {
        owners.entry(page).or_default().push(owner);
    }
    owners
}

/// Adds the rows of one page of many owners to what was found.
pub fn deal<O: Eq + Hash, P: Clone + Eq + Hash, T>(
    found: &mut HashMap<(O, P), Vec<T>>,
    page: &P,
    rows: Vec<T>,
    owner: impl Fn(&T) -> O,
) {
    for row in rows {
        found.entry((owner(&row), page.clone())).or_default().push(row);
    }
}

/// Declares the load of the row of each key.
#[macro_export]
macro_rules! by_id {
    ($(#[$doc:meta])* $name:ident, $key:ty, $value:ty, $store:path) => {
        $(#[$doc])*
        pub struct $name;

        impl $crate::viewer::Load for $name {
            type Key = $key;
            type Value = $value;

            async fn load(
                request: &$crate::viewer::Request,
                keys: Vec<$key>,
            ) -> $crate::error::Result<std::collections::HashMap<$key, $value>> {
                let rows = $store(&mut *request.session().await?, &keys).await?;
                Ok(rows.into_iter().map(|row| (row.id, row)).collect())
            }
        }

        impl $crate::viewer::Beside for $value {
            fn remember(self, request: &$crate::viewer::Request) {
                request.prime::<$name>(self.id, self);
            }
        }
    };
}

/// Declares the load of a page of rows for each owner; the last argument gives a row's owner. `joined` stands
/// before a function of the store whose rows bring others along.
#[macro_export]
macro_rules! page_of {
    ($(#[$doc:meta])* $name:ident, $owner:ty, $value:ty, joined $store:path, $owner_of:expr) => {
        $crate::page_of!(@ $(#[$doc])* $name, $owner, $value, $store, $crate::viewer::Request::rows, $owner_of);
    };
    ($(#[$doc:meta])* $name:ident, $owner:ty, $value:ty, $store:path, $owner_of:expr) => {
        $crate::page_of!(@ $(#[$doc])* $name, $owner, $value, $store, |_, rows| rows, $owner_of);
    };
    (@ $(#[$doc:meta])* $name:ident, $owner:ty, $value:ty, $store:path, $rows:expr, $owner_of:expr) => {
        $(#[$doc])*
        pub struct $name;

        impl $crate::viewer::Load for $name {
            type Key = ($owner, $crate::page::Page);
            type Value = Vec<$value>;

            async fn load(
                request: &$crate::viewer::Request,
                keys: Vec<Self::Key>,
            ) -> $crate::error::Result<std::collections::HashMap<Self::Key, Self::Value>> {
                let mut found = std::collections::HashMap::new();
                for (page, owners) in $crate::viewer::by_page(keys) {
                    let rows = $store(&mut *request.session().await?, &owners, &page).await?;
                    $crate::viewer::deal(&mut found, &page, ($rows)(request, rows), $owner_of);
                }
                Ok(found)
            }
        }
    };
}

/// Declares the load of a narrowed page of rows for each owner, as [`page_of!`](crate::page_of) does.
#[macro_export]
macro_rules! narrowed_page_of {
    ($(#[$doc:meta])* $name:ident, $owner:ty, $filter:ty, $value:ty, joined $store:path, $owner_of:expr) => {
        $crate::narrowed_page_of!(
            @ $(#[$doc])* $name, $owner, $filter, $value, $store, $crate::viewer::Request::rows, $owner_of);
    };
    ($(#[$doc:meta])* $name:ident, $owner:ty, $filter:ty, $value:ty, $store:path, $owner_of:expr) => {
        $crate::narrowed_page_of!(@ $(#[$doc])* $name, $owner, $filter, $value, $store, |_, rows| rows, $owner_of);
    };
    (@ $(#[$doc:meta])* $name:ident, $owner:ty, $filter:ty, $value:ty, $store:path, $rows:expr, $owner_of:expr) => {
        $(#[$doc])*
        pub struct $name;

        impl $crate::viewer::Load for $name {
            type Key = ($owner, ($filter, $crate::page::Page));
            type Value = Vec<$value>;

            async fn load(
                request: &$crate::viewer::Request,
                keys: Vec<Self::Key>,
            ) -> $crate::error::Result<std::collections::HashMap<Self::Key, Self::Value>> {
                let mut found = std::collections::HashMap::new();
                for (which, owners) in $crate::viewer::by_page(keys) {
                    let rows = $store(&mut *request.session().await?, &owners, &which.0, &which.1).await?;
                    $crate::viewer::deal(&mut found, &which, ($rows)(request, rows), $owner_of);
                }
                Ok(found)
            }
        }
    };
}

/// Declares the load of all rows of each owner, of which there are never many.
#[macro_export]
macro_rules! all_of {
    ($(#[$doc:meta])* $name:ident, $owner:ty, $value:ty, $store:path, $owner_of:expr) => {
        $(#[$doc])*
        pub struct $name;

        impl $crate::viewer::Load for $name {
            type Key = $owner;
            type Value = Vec<$value>;

            async fn load(
                request: &$crate::viewer::Request,
                keys: Vec<$owner>,
            ) -> $crate::error::Result<std::collections::HashMap<$owner, Vec<$value>>> {
                let owner_of = $owner_of;
                let mut found: std::collections::HashMap<$owner, Vec<$value>> = std::collections::HashMap::new();
                for row in $store(&mut *request.session().await?, &keys).await? {
                    found.entry(owner_of(&row)).or_default().push(row);
                }
                Ok(found)
            }
        }
    };
}

/// Declares the payloads of mutations that all show the same object; each is made from the object and the errors.
#[macro_export]
macro_rules! payloads {
    ($field:ident: $object:ty, $what:literal; $($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $name {
            #[doc = concat!("The ", $what, "; null when it was refused.")]
            pub $field: Option<$object>,
            /// Why it was refused; empty when it was not.
            pub user_errors: Vec<$crate::error::UserError>,
        }

        impl From<(Option<$object>, Vec<$crate::error::UserError>)> for $name {
            fn from(($field, user_errors): (Option<$object>, Vec<$crate::error::UserError>)) -> Self {
                Self { $field, user_errors }
            }
        }
    )*};
}

impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        use async_graphql::ErrorExtensions as _;
        let code = match &error {
            Error::Refused(_) | Error::BadInput(_) => "BAD_USER_INPUT",
            Error::Denied(Denied { anonymous: true, .. }) => "UNAUTHENTICATED",
            Error::Denied(_) => "FORBIDDEN",
            Error::Unavailable(_) => "UNAVAILABLE",
            // Without a code: the edge of the API masks it, and logs it under a reference.
            Error::Fault(fault) => return async_graphql::Error::new(format!("{:#}", fault.0)),
        };
        let mut shown = async_graphql::Error::new(error.message(Language::En));
        // The edge of the API knows the caller's language.
        shown.source = Some(Arc::new(error));
        shown.extend_with(|_, extensions| extensions.set("code", code))
    }
}
