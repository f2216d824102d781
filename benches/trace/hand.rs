//! The same reads as SQL by hand: what somebody would write who needs this page and nothing else.

use std::time::{Duration, Instant};

use cobuild::{
    db::{Db, Session, Sql as _},
    id::GlobalId,
    money::Fen,
};

/// What is read.
#[derive(Clone, Copy, Debug)]
pub enum Hand {
    /// The first twenty givers of an expense.
    Givers,
    /// The first twenty lots of an expense.
    Lots,
    /// The last twenty expenses that a giver's money paid.
    Uses,
    /// A giver's totals, and the first twenty gifts and expenses.
    Statement,
}

/// How long each of so many reads took.
pub async fn measure(db: &Db, hand: Hand, id: &dyn Fn(usize) -> String, rounds: usize) -> Vec<Duration> {
    let mut took = Vec::with_capacity(rounds);
    for turn in 0..rounds + 10 {
        let key = id(turn).parse::<GlobalId>().expect("an id of the server").key;
        let started = Instant::now();
        let mut session = db.session().await.expect("a connection");
        let rows = match hand {
            Hand::Givers => givers(&mut session, key).await,
            Hand::Lots => lots(&mut session, key).await,
            Hand::Uses => uses(&mut session, key).await,
            Hand::Statement => statement(&mut session, key).await,
        };
        drop(session);
        if turn >= 10 {
            took.push(started.elapsed());
        }
        assert!(rows > 0, "{hand:?} finds something");
    }
    took
}

async fn givers(session: &mut Session, expense: i64) -> usize {
    let rows: Vec<(String, String, Fen)> = session
        .sql(
            "SELECT x.note, g.name, h.amount
             FROM expense x
             JOIN account a ON a.expense_id = x.id
             JOIN party_holding h ON h.account_id = a.id AND h.amount > 0
             JOIN party g ON g.id = h.party_id
             WHERE x.id = $1 ORDER BY h.amount DESC, h.party_id DESC LIMIT 20",
        )
        .bind(expense)
        .all()
        .await
        .expect("the givers");
    rows.len()
}

async fn lots(session: &mut Session, expense: i64) -> usize {
    let rows: Vec<(String, i64, Fen)> = session
        .sql(
            "SELECT x.note, h.lot_id, h.amount
             FROM expense x
             JOIN account a ON a.expense_id = x.id
             JOIN holding h ON h.account_id = a.id AND h.amount > 0
             WHERE x.id = $1 ORDER BY h.lot_id LIMIT 20",
        )
        .bind(expense)
        .all()
        .await
        .expect("the lots");
    rows.len()
}

async fn uses(session: &mut Session, party: i64) -> usize {
    let rows: Vec<(Fen, String, chrono::NaiveDate)> = session
        .sql(
            "SELECT h.amount, x.note, x.incurred_on
             FROM party_holding h
             JOIN account a ON a.id = h.account_id AND a.kind = 'EXPENSE'
             JOIN expense x ON x.id = a.expense_id
             WHERE h.party_id = $1 AND h.amount > 0 ORDER BY h.account_id DESC LIMIT 20",
        )
        .bind(party)
        .all()
        .await
        .expect("the uses");
    rows.len()
}

async fn statement(session: &mut Session, party: i64) -> usize {
    let totals: Vec<(Fen, Fen)> = session
        .sql(
            "SELECT CAST(SUM(CASE WHEN f.kind = 'OUTSIDE' THEN p.amount ELSE 0 END) AS BIGINT),
                    CAST(SUM(CASE WHEN t.kind = 'EXPENSE' THEN p.amount WHEN f.kind = 'EXPENSE' THEN -p.amount
                                  ELSE 0 END) AS BIGINT)
             FROM lot l
             JOIN posting p ON p.lot_id = l.id
             JOIN account f ON f.id = p.source_id
             JOIN account t ON t.id = p.destination_id
             WHERE l.donor_id = $1",
        )
        .bind(party)
        .all()
        .await
        .expect("the totals");
    let gifts: Vec<(i64, Fen)> = session
        .sql(
            "SELECT l.id, CAST(SUM(CASE WHEN t.kind = 'EXPENSE' THEN p.amount ELSE 0 END) AS BIGINT)
             FROM (SELECT id, received_on FROM lot WHERE donor_id = $1 ORDER BY received_on, id LIMIT 20) AS l
             JOIN posting p ON p.lot_id = l.id
             JOIN account t ON t.id = p.destination_id
             GROUP BY l.id ORDER BY l.id",
        )
        .bind(party)
        .all()
        .await
        .expect("the gifts");
    let expenses: Vec<(i64, Fen)> = session
        .sql(
            "SELECT a.expense_id, h.amount
             FROM party_holding h JOIN account a ON a.id = h.account_id AND a.kind = 'EXPENSE'
             WHERE h.party_id = $1 AND h.amount > 0 ORDER BY a.expense_id LIMIT 20",
        )
        .bind(party)
        .all()
        .await
        .expect("the expenses");
    totals.len() + gifts.len() + expenses.len()
}
