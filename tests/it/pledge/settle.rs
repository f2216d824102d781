//! One receipt that settles a thousand dues: to the fen, one fen short, one fen over, and twice.

use cobuild::{
    contribution::{self, Line, Receive, Received, Settles},
    db::Sql as _,
    error::{Error, Result, UserErrorCode},
    id::{DueId, PledgeId},
    ledger::{
        Asset,
        document::LotClass,
        idem::{Once, Outcome},
    },
    money::Fen,
    viewer,
};

use super::{Desk, day, listed};
use crate::support::on_both;

const DUES: usize = 1_000;

/// What pledge `number` promises, in fen.
fn amount(number: usize) -> i64 {
    101 + i64::try_from(number).unwrap() % 97
}

/// A desk with a thousand accepted pledges of ten givers, and the due of each.
async fn owed(url: &str) -> (Desk, Vec<PledgeId>, Vec<DueId>) {
    let desk = Desk::open(url).await;
    let parties = &desk.scene.parties;
    let offers: Vec<_> =
        (0..DUES).map(|number| listed(parties[number % 10], number, amount(number), day("2026-03-01"))).collect();
    let before = desk.scene.db.statements();
    let pledges = desk.take_over(&offers).await;
    let statements = desk.scene.db.statements() - before;
    assert!(statements < 20, "{statements} statements for a thousand pledges");
    let dues: Vec<(PledgeId, DueId)> =
        desk.scene.db.sql("SELECT pledge_id, id FROM pledge_due ORDER BY pledge_id").all().await.unwrap();
    assert_eq!(dues.iter().map(|(pledge, _)| *pledge).collect::<Vec<_>>(), pledges);
    (desk, pledges, dues.into_iter().map(|(_, due)| due).collect())
}

fn receipt(desk: &Desk, reference: &str, lines: Vec<Line>) -> Receive {
    Receive {
        payer: desk.scene.parties[0],
        channel: "bank".into(),
        reference: reference.into(),
        received_on: day("2026-04-01"),
        asset: Asset::Cny,
        amount: None,
        note: "甲商户转来乙商户捐款".into(),
        lines,
    }
}

fn line(desk: &Desk, number: usize, amount: i64, settles: Settles) -> Line {
    let donor = desk.scene.parties[number % 10];
    Line { donor, amount: Fen(amount), settles, restriction: None, class: LotClass::Gift }
}

async fn book(desk: &Desk, key: Option<&str>, receive: &Receive) -> Result<Received> {
    let once = key.map(|key| Once::new(desk.scene.by(), key, "contributionReceive", receive).unwrap());
    let mut tx = desk.scene.db.begin().await.unwrap();
    let done = contribution::receive(&mut tx, desk.scene.by(), desk.fund(), &[(once, receive.clone())]).await;
    viewer::settle(tx, done.and_then(|mut done| done.remove(0))).await
}

fn refusal(done: Result<Received>) -> (UserErrorCode, String) {
    let Err(Error::Refused(refused)) = done else { panic!("{done:?}") };
    (refused.refusal.code(), refused.field.join("."))
}

/// How many dues are paid, and what is outstanding.
async fn state(desk: &Desk) -> (i64, i64, i64) {
    desk.scene
        .db
        .sql(
            "SELECT COUNT(*), CAST(SUM(CASE WHEN p.state = 'FULFILLED' THEN 1 ELSE 0 END) AS BIGINT),
                    CAST(SUM(d.amount - d.received) AS BIGINT)
             FROM pledge_due d JOIN pledge p ON p.id = d.pledge_id",
        )
        .one()
        .await
        .unwrap()
}

on_both! {
    async fn a_thousand_dues_are_settled_by_one_receipt_exactly_and_once(fixture: Fixture) {
        let (desk, _, dues) = owed(&fixture.url).await;
        let lines = (0..DUES).map(|number| line(&desk, number, amount(number), Settles::Due(dues[number])));
        let exact = receipt(&desk, "batch-1", lines.collect());
        let before = desk.scene.db.statements();
        let done = book(&desk, Some("key"), &exact).await.unwrap();
        let statements = desk.scene.db.statements() - before;
        assert!(statements < 50, "{statements} statements for a thousand dues");
        assert_eq!(done.outcome, Outcome::Created);
        assert_eq!(state(&desk).await, (1_000, 1_000, 0));

        assert_eq!(book(&desk, Some("key"), &exact).await.unwrap(), done, "the same key has the same answer");
        assert_eq!(refusal(book(&desk, Some("other"), &exact).await), (UserErrorCode::ReceiptRepeated, "reference".into()));
        let known = book(&desk, None, &exact).await.unwrap();
        assert_eq!((known.receipt, known.outcome), (done.receipt, Outcome::Known), "known by its reference");
        assert_eq!(state(&desk).await, (1_000, 1_000, 0));
        desk.assert_clean().await;
    }

    async fn a_fen_short_leaves_one_due_part_paid(fixture: Fixture) {
        let (desk, pledges, dues) = owed(&fixture.url).await;
        let short = |number: usize| amount(number) - i64::from(number == 999);
        let lines = (0..DUES).map(|number| line(&desk, number, short(number), Settles::Pledge(pledges[number])));
        book(&desk, None, &receipt(&desk, "batch-1", lines.collect())).await.unwrap();
        assert_eq!(state(&desk).await, (1_000, 999, 1));
        let due = cobuild::pledge::store::dues_by_ids(&desk.scene.db, &[dues[999]]).await.unwrap().remove(0);
        assert_eq!(due.status(day("2026-03-01")), cobuild::pledge::due::DueStatus::PartPaid);
        assert_eq!(due.status(day("2026-03-02")), cobuild::pledge::due::DueStatus::Overdue);
        let rest = receipt(&desk, "batch-2", vec![line(&desk, 999, 1, Settles::Due(dues[999]))]);
        book(&desk, None, &rest).await.unwrap();
        assert_eq!(state(&desk).await, (1_000, 1_000, 0));
        desk.assert_clean().await;
    }

    async fn a_fen_over_is_refused_where_exact_was_asked_and_else_a_gift_of_its_own(fixture: Fixture) {
        let (desk, _, dues) = owed(&fixture.url).await;
        let over = |number: usize| amount(number) + i64::from(number == 999);
        let lines = (0..DUES).map(|number| line(&desk, number, over(number), Settles::Due(dues[number])));
        let exact = receipt(&desk, "batch-1", lines.collect());
        assert_eq!(refusal(book(&desk, None, &exact).await), (UserErrorCode::DueExceeded, "lines.999.amount".into()));
        assert_eq!(state(&desk).await.1, 0, "nothing of it is booked");

        // Each giver pays all that it owes in one line, and the last a fen more.
        let owes = |giver: usize| (0..DUES).filter(|number| number % 10 == giver).map(amount).sum::<i64>();
        let lines = (0..10).map(|giver| line(&desk, giver, owes(giver) + i64::from(giver == 9), Settles::OldestFirst));
        book(&desk, None, &receipt(&desk, "batch-1", lines.collect())).await.unwrap();
        assert_eq!(state(&desk).await, (1_000, 1_000, 0));
        let gifts: Vec<(i64, i64)> =
            desk.scene.db.sql("SELECT donor_id, amount FROM lot WHERE due_id IS NULL").all().await.unwrap();
        assert_eq!(gifts, [(desk.scene.parties[9].0, 1)]);
        desk.assert_clean().await;
    }
}
