//! The same request twice has the effect of one; the same key for another request is refused.

use cobuild::{
    error::{Error, UserErrorCode},
    ledger::{Asset, verify},
    pledge::{PledgeState, terms::Funding},
};
use serde_json::Value;

use super::{
    operation::{FREE, Only, Operation, Part, Pays, Promise, Terms},
    oracle::{Mistake, Oracle},
    product::Product,
};
use crate::support::on_both;

/// One of each mutation that has a key, in an order in which each can be done.
fn operations(product: &Product) -> Vec<Operation> {
    let on = product.scene.today;
    let matching = Terms { only: Only::Target(0), from: None, to: None };
    let gift = |donor, amount, pays, terms| Part { donor, amount, pays, terms };
    let receive = |reference, parts| Operation::Receive {
        fund: 0,
        payer: 0,
        reference,
        on,
        asset: Asset::Cny,
        whole: None,
        parts,
    };
    let offer = |promise, terms| Operation::Offer { fund: 0, donor: 1, promise, terms, due_on: on };
    vec![
        offer(Promise::Fixed { amount: 5_000 }, FREE),
        offer(Promise::Matching { cap: 5_000, rate: (1, 2), funding: Funding::Prefunded }, matching),
        Operation::Advance { pledge: 1, to: PledgeState::Accepted },
        receive(1, vec![gift(1, 2_000, Pays::Pledge(1), None), gift(2, 9_000, Pays::Nothing, None)]),
        receive(2, vec![gift(3, 300, Pays::Nothing, Some(matching))]),
        Operation::Match { pledge: 1, on },
        Operation::Decide { fund: 0, target: 0, amount: 8_000, on, votes: (4, 5) },
        Operation::Allocate { decision: 0, amount: 700, on, lots: vec![] },
        Operation::Allocate { decision: 0, amount: 60, on, lots: vec![(1, 60)] },
        Operation::Release { target: 0, amount: 10, on },
        Operation::PayAhead { target: 0, amount: 100, on },
        Operation::Pay { target: 0, ahead: false, amount: 50, on, payee: 4, purpose: None, files: 1 },
        Operation::Pay { target: 0, ahead: true, amount: 20, on, payee: 4, purpose: None, files: 1 },
        Operation::Return { target: 0, to_pool: true, amount: 5, on },
        Operation::Return { target: 0, to_pool: false, amount: 5, on },
        Operation::Refund { fund: 0, donor: 2, receipt: None, amount: 30, on },
        Operation::Reverse { entry: 9, on },
        Operation::Report { fund: 0, merchant: 4, amount: 700, on },
    ]
}

/// The operation for another amount, day or entry.
fn other(operation: &Operation) -> Operation {
    let mut other = operation.clone();
    match &mut other {
        Operation::Offer {
            promise:
                Promise::Fixed { amount } | Promise::Matching { cap: amount, .. } | Promise::Goods { value: amount },
            ..
        }
        | Operation::Report { amount, .. }
        | Operation::Decide { amount, .. }
        | Operation::Release { amount, .. }
        | Operation::PayAhead { amount, .. }
        | Operation::Pay { amount, .. }
        | Operation::Return { amount, .. }
        | Operation::Refund { amount, .. } => *amount += 1,
        Operation::Allocate { amount, lots, .. } => {
            *amount += 1;
            lots.iter_mut().for_each(|(_, part)| *part += 1);
        }
        Operation::Receive { parts, .. } => parts[0].amount -= 1,
        Operation::Match { on, .. } | Operation::Reverse { on, .. } => *on = on.pred_opt().unwrap(),
        Operation::Offer { .. } => unreachable!("no share is offered here"),
        Operation::Propose { .. } | Operation::Award { .. } | Operation::Move { .. } | Operation::Advance { .. } => {
            unreachable!("these have no key")
        }
    }
    other
}

/// All that money could have moved: the chain heads, and how many answers are stored.
async fn heads(product: &Product) -> (Vec<verify::PublishedHead>, i64) {
    use cobuild::db::Sql as _;
    let (answers,) = product.scene.db.sql("SELECT COUNT(*) FROM idem").one().await.unwrap();
    (verify::heads(&product.scene.db).await.unwrap(), answers)
}

/// A product on which the history has been opened, with its oracle.
async fn opened(url: &str) -> (Product, Oracle) {
    let mut product = Product::open(url).await;
    let mut oracle = Oracle::new(product.scene.today, Mistake::None);
    for (number, operation) in super::History::opening(product.scene.today).iter().enumerate() {
        step(&mut product, &mut oracle, operation, &format!("opening-{number}")).await;
    }
    (product, oracle)
}

async fn step(product: &mut Product, oracle: &mut Oracle, operation: &Operation, key: &str) -> Value {
    oracle.apply(operation).unwrap();
    let answer = product.perform(operation, key).await.unwrap();
    product.learn(operation, &answer, oracle).await;
    answer
}

fn has_key(operation: &Operation) -> bool {
    !matches!(operation, Operation::Advance { .. })
}

on_both! {
    async fn a_request_that_is_repeated_is_answered_again_and_moves_nothing(fixture: Fixture) {
        let (mut product, mut oracle) = opened(&fixture.url).await;
        for (number, operation) in operations(&product).iter().enumerate() {
            let key = format!("key-{number}");
            let answer = step(&mut product, &mut oracle, operation, &key).await;
            if !has_key(operation) {
                continue;
            }
            let before = heads(&product).await;
            assert_eq!(product.perform(operation, &key).await.unwrap(), answer, "{operation:?}");
            let refused = product.perform(&other(operation), &key).await;
            let Err(Error::Refused(refused)) = refused else { panic!("{operation:?}: {refused:?}") };
            assert_eq!(refused.refusal.code(), UserErrorCode::IdempotencyMismatch, "{operation:?}");
            assert_eq!(refused.field, ["idempotencyKey"]);
            assert_eq!(heads(&product).await, before, "{operation:?}");
        }
        // And again, when everything has gone on.
        let before = heads(&product).await;
        for (number, operation) in operations(&product).iter().enumerate().filter(|(_, one)| has_key(one)) {
            product.perform(operation, &format!("key-{number}")).await.unwrap();
        }
        assert_eq!(heads(&product).await, before);
        assert_eq!(product.difference(&oracle).await, None);
        assert!(verify::verify(&product.scene.db, |_| {}).await.unwrap().is_clean());
    }

    async fn eight_identical_requests_at_once_have_one_effect(fixture: Fixture) {
        let (mut product, mut oracle) = opened(&fixture.url).await;
        for (number, operation) in operations(&product).iter().enumerate() {
            let key = format!("key-{number}");
            if !has_key(operation) {
                step(&mut product, &mut oracle, operation, &key).await;
                continue;
            }
            let answers = futures_util::future::join_all((0..8).map(|_| product.perform(operation, &key))).await;
            let answers: Vec<Value> = answers.into_iter().map(Result::unwrap).collect();
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{operation:?}: {answers:?}");
            oracle.apply(operation).unwrap();
            product.learn(operation, &answers[0], &oracle).await;
            assert_eq!(product.difference(&oracle).await, None, "{operation:?}");
        }
        assert_eq!(heads(&product).await.1, 17, "one stored answer for each request");
        assert!(verify::verify(&product.scene.db, |_| {}).await.unwrap().is_clean());
    }

    async fn a_match_that_is_ahead_of_its_share_after_a_reversal_waits_for_the_gifts(fixture: Fixture) {
        let (mut product, mut oracle) = opened(&fixture.url).await;
        let on = product.scene.today;
        let terms = Terms { only: Only::Target(0), from: None, to: None };
        let give = |reference, donor, amount, pays| Operation::Receive {
            fund: 0,
            payer: 0,
            reference,
            on,
            asset: Asset::Cny,
            whole: None,
            parts: vec![Part { donor, amount, pays, terms: Some(terms) }],
        };
        let follow = Operation::Match { pledge: 0, on };
        let promise = Promise::Matching { cap: 100, rate: (1, 3), funding: Funding::Prefunded };
        // The opening has booked no entry. Two matches of 1 each; the first is undone, and then its gift: the
        // second is left with 1 for a base of 1. The next gifts, 1 and 10, make it 4 of 12.
        let history = [
            Operation::Offer { fund: 0, donor: 1, promise, terms, due_on: on },
            Operation::Advance { pledge: 0, to: PledgeState::Accepted },
            give(1, 1, 100, Pays::Pledge(0)),
            give(2, 2, 5, Pays::Nothing),
            follow.clone(),
            give(3, 2, 1, Pays::Nothing),
            follow.clone(),
            Operation::Reverse { entry: 2, on },
            Operation::Reverse { entry: 1, on },
            give(4, 2, 1, Pays::Nothing),
            give(5, 2, 10, Pays::Nothing),
            follow,
        ];
        for (number, operation) in history.iter().enumerate() {
            step(&mut product, &mut oracle, operation, &format!("key-{number}")).await;
            assert_eq!(product.difference(&oracle).await, None, "{operation:?}");
        }
        assert_eq!(oracle.entries.last().unwrap().moves[0].3, 3);
        assert!(verify::verify(&product.scene.db, |_| {}).await.unwrap().is_clean());
    }
}
