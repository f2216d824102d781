//! The plans of documents that clients send again and again.
//!
//! * The least recently used go first.
//! * Bounded in number and in the fields all plans hold together, for a small document can have a large plan.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use sha2::{Digest, Sha256};

use super::limits::Limits;
use super::plan::Plan;

/// The identity of a document and the operation chosen from it.
pub(super) type Key = [u8; 32];

/// The key of a document and operation name.
pub(super) fn key(document: &str, operation_name: Option<&str>) -> Key {
    let mut hash = Sha256::new();
    hash.update(Sha256::digest(document.as_bytes()));
    if let Some(name) = operation_name {
        hash.update([1]);
        hash.update(name.as_bytes());
    }
    hash.finalize().into()
}

/// Plans by key.
pub(super) struct Cache {
    plans: Mutex<Plans>,
    weight_max: u64,
}

struct Plans {
    by_key: LruCache<Key, Arc<Plan>>,
    weight: u64,
}

impl Cache {
    pub fn new(limits: &Limits) -> Self {
        let plans_max = NonZeroUsize::new(limits.plans_max).unwrap_or(NonZeroUsize::MIN);
        Self {
            plans: Mutex::new(Plans { by_key: LruCache::new(plans_max), weight: 0 }),
            weight_max: limits.plans_nodes_max,
        }
    }

    /// The plan of a key, if it is remembered.
    pub fn plan(&self, key: &Key) -> Option<Arc<Plan>> {
        self.lock().by_key.get(key).cloned()
    }

    /// Remembers a plan, and forgets others until there is room.
    pub fn insert(&self, key: Key, plan: Arc<Plan>) {
        if plan.weight > self.weight_max {
            return;
        }
        let mut plans = self.lock();
        plans.weight += plan.weight;
        if let Some((_, old)) = plans.by_key.push(key, plan) {
            plans.weight -= old.weight;
        }
        while plans.weight > self.weight_max
            && let Some((_, old)) = plans.by_key.pop_lru()
        {
            plans.weight -= old.weight;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Plans> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
