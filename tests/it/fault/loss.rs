//! Clients who write what they were told, and whether it is true afterwards.

use std::collections::{BTreeMap, BTreeSet};

use cobuild::{
    db::{Db, Sql as _},
    id::{GlobalId, NodeKind},
    ledger::verify::{self, PublishedHead},
};
use futures_util::future::join_all;
use serde_json::json;

use crate::storm::{
    client::{Acknowledged, Answer, Asker, Done, Kind, Operation},
    town::Books,
};

pub const CLIENTS: u64 = 8;

/// Enough for every round.
pub const DECIDED_FEN: i64 = 1_000_000;

/// What clients know.
#[derive(Default)]
pub struct Told {
    pub acknowledged: Vec<Acknowledged>,
    pub unanswered: Vec<Operation>,
}

impl FromIterator<Told> for Told {
    fn from_iter<I: IntoIterator<Item = Told>>(parts: I) -> Self {
        let mut all = Self::default();
        for one in parts {
            all.acknowledged.extend(one.acknowledged);
            all.unanswered.extend(one.unanswered);
        }
        all
    }
}

/// How many rows each operation has made, and how many answers are kept for its key.
pub async fn effects_of(db: &Db, operations: &[&Operation]) -> Vec<(i64, i64)> {
    let keys: Vec<&str> = operations.iter().map(|one| one.key.as_str()).collect();
    let mut made = BTreeMap::new();
    for (kind, sql) in [
        (Kind::Pledge, "SELECT note, count(*) FROM pledge WHERE note IN (..) GROUP BY note"),
        (
            Kind::Contribution,
            "SELECT external_ref, count(*) FROM receipt WHERE external_ref IN (..) GROUP BY external_ref",
        ),
        (Kind::Allocation, "SELECT memo, count(*) FROM entry WHERE memo IN (..) GROUP BY memo"),
    ] {
        let rows: Vec<(String, i64)> = db.sql(sql).bind_list(&keys).all().await.unwrap();
        made.extend(rows.into_iter().map(|(key, count)| ((kind, key), count)));
    }
    let kept = db.sql("SELECT key, count(*) FROM idem WHERE key IN (..) GROUP BY key").bind_list(&keys);
    let kept: BTreeMap<String, i64> = kept.all::<(String, i64)>().await.unwrap().into_iter().collect();
    let of = |one: &&Operation| {
        let made = made.get(&(one.kind, one.key.clone())).copied().unwrap_or_default();
        (made, kept.get(&one.key).copied().unwrap_or_default())
    };
    operations.iter().map(of).collect()
}

async fn effects(db: &Db, operation: &Operation) -> (i64, i64) {
    effects_of(db, &[operation]).await[0]
}

/// Whether everything acknowledged is there once, and is answered again byte by byte as it was.
pub async fn check_acknowledged(db: &Db, asker: &Asker, acknowledged: &[Acknowledged]) -> Result<(), String> {
    for some in acknowledged.chunks(100) {
        let ids: Vec<&str> = some.iter().map(|one| one.done.id.as_str()).collect();
        let read =
            asker.read("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", json!({ "ids": ids })).await;
        for (one, node) in some.iter().zip(read["nodes"].as_array().unwrap()) {
            let expected = json!({ "__typename": format!("{:?}", one.operation.kind), "id": one.done.id });
            if *node != expected {
                return Err(format!("{} was acknowledged as {}, which is {node}", one.operation.key, one.done.id));
            }
        }
        let operations: Vec<&Operation> = some.iter().map(|one| &one.operation).collect();
        for (one, effects) in some.iter().zip(effects_of(db, &operations).await) {
            if effects != (1, 1) {
                return Err(format!("{} was acknowledged and is there {effects:?} times", one.operation.key));
            }
        }
        // Only now: a key that was never used would be done here.
        for eight in some.chunks(8) {
            let answers = join_all(eight.iter().map(|one| asker.send(&one.operation))).await;
            for (one, answer) in eight.iter().zip(answers) {
                let answer = answer.map_err(|why| format!("{why:?}"))?;
                if answer != Answer::Done(one.done.clone()) {
                    return Err(format!("{} was acknowledged as {:?}, now {answer:?}", one.operation.key, one.done));
                }
            }
        }
        if effects_of(db, &operations).await.iter().any(|effects| *effects != (1, 1)) {
            return Err("a repeated request was done again".to_owned());
        }
    }
    Ok(())
}

/// Whether what got no answer is there once or not at all; asks again, and then it is there once. Gives how
/// many had been done, and what is acknowledged now.
pub async fn check_unanswered(db: &Db, asker: &Asker, unanswered: Vec<Operation>) -> (u64, Vec<Acknowledged>) {
    let mut found = 0;
    let mut acknowledged = vec![];
    for operation in unanswered {
        let before = effects(db, &operation).await;
        assert!(before == (0, 0) || before == (1, 1), "{operation:?} was done by halves: {before:?}");
        found += u64::from(before == (1, 1));
        let answer = asker.send(&operation).await.unwrap();
        let after = effects(db, &operation).await;
        match answer {
            Answer::Done(done) => {
                assert_eq!(after, (1, 1), "{operation:?}");
                acknowledged.push(Acknowledged { operation, done });
            }
            Answer::Refused(_) => assert_eq!((before, after), ((0, 0), (0, 0)), "{operation:?}"),
        }
    }
    (found, acknowledged)
}

/// Whether the books are whole and still begin with what `heads` stand for; gives the heads now.
pub async fn check_books(db: &Db, heads: &[PublishedHead]) -> Vec<PublishedHead> {
    let report = verify::verify(db, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{:?}", report.broken().collect::<Vec<_>>());
    for head in heads {
        assert!(verify::is_kept(db, head).await.unwrap(), "{head:?}");
    }
    verify::heads(db).await.unwrap()
}

/// The controls: what never was must not pass for what was, nor what is there twice for what is there once.
pub async fn check_controls(db: &Db, asker: &Asker, true_one: &Acknowledged) {
    check_acknowledged(db, asker, std::slice::from_ref(true_one)).await.unwrap();
    // Of the right type, with a key that no row has: 4,095 × 2³² + 1.
    let id = GlobalId::new(kind_of(true_one.operation.kind), (4_095_i64 << 32) | 1).to_string();
    let never = Acknowledged { operation: true_one.operation.clone(), done: Done { id, ..true_one.done.clone() } };
    let found = check_acknowledged(db, asker, &[never]).await;
    assert!(found.is_err_and(|why| why.ends_with("which is null")), "an id that never was");
    let body = true_one.done.body.replacen('.', ",", 1);
    let other = Acknowledged { operation: true_one.operation.clone(), done: Done { body, ..true_one.done.clone() } };
    let found = check_acknowledged(db, asker, &[other]).await;
    assert!(found.is_err_and(|why| why.contains("now Done")), "an answer that is another");
}

/// The control for doubling: a client who takes a new key for the same request does it twice, and is found out.
pub async fn check_doubled(db: &Db, asker: &Asker, mut pledge: Operation) {
    let Answer::Done(done) = asker.send(&pledge).await.unwrap() else { panic!("a pledge is not refused") };
    let first = Acknowledged { operation: pledge.clone(), done };
    check_acknowledged(db, asker, std::slice::from_ref(&first)).await.unwrap();
    pledge.take_key(format!("{} again", pledge.key));
    asker.send(&pledge).await.unwrap();
    let found = check_acknowledged(db, asker, &[first]).await;
    assert!(found.is_err_and(|why| why.ends_with("is there (2, 1) times")), "a request that was done twice");
}

fn kind_of(kind: Kind) -> NodeKind {
    match kind {
        Kind::Pledge => NodeKind::Pledge,
        Kind::Contribution => NodeKind::Contribution,
        Kind::Allocation => NodeKind::Allocation,
    }
}

/// Whether the books hold what was acknowledged in all rounds, and nothing else but what was there before.
pub fn check_whole(all: &[Acknowledged], books: &Books) {
    let mut told = BTreeMap::<Kind, BTreeSet<&str>>::new();
    for one in all {
        let id = &one.done.id;
        assert!(told.entry(one.operation.kind).or_default().insert(id), "{id} was given twice");
    }
    for (kind, before) in [(Kind::Pledge, 8), (Kind::Contribution, 1), (Kind::Allocation, 0)] {
        let made = &books.made[&kind];
        assert!(told[&kind].iter().all(|id| made.contains_key(*id)), "a {kind:?} is lost");
        assert_eq!(made.len(), told[&kind].len() + before, "{kind:?}s that nobody was told of");
    }
}
