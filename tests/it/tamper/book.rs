//! A small fund with every kind of entry, booked through the crate's own posting, and names for its keys.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use cobuild::{
    bank::{
        self, LineDraft, Owner,
        matching::{self, Match},
    },
    contribution::refund::{self, Refund},
    db::{Db, Sql as _, Tx},
    expense::credit::{Credit, CreditTo, credit},
    fund::head::{self, Head},
    id::{AccountId, BankLineId, DecisionId, EntryId, ExpenseId, FundId, LotId, PartyId, PrincipalId, TargetId},
    ledger::{
        AccountKind, Asset, Draft, EntryKind, Move,
        account::{self, of_fund},
        document::*,
        earmark::{self, Restriction},
        idem::Once,
        post,
        relot::{self, Relot},
        store,
        swap::{self, Swap},
        transfer::{self, Transfer},
        write_off::{self, WriteOff},
    },
    money::Fen,
    viewer::{By, Viewer},
};

/// Everybody and everything that the entries are about.
const FIXTURES: &[&str] = &[
    "INSERT INTO area (id, parent_id, level, name, path) VALUES
        (1, NULL, 'STREET', 'Street', '/1/'), (2, 1, 'COMMUNITY', 'East', '/1/2/'), (3, 1, 'COMMUNITY', 'West', '/1/3/')",
    "INSERT INTO party (id, kind, name, name_key, publicity, created_at) VALUES
        (1, 'SOCIAL_ORGANIZATION', 'Association', 'association', 'NAME', '2026-01-01T00:00:00+00:00'),
        (2, 'PARTNER_UNIT', 'Unit', 'unit', 'NAME', '2026-01-01T00:00:00+00:00'),
        (3, 'PARTNER_UNIT', 'Matcher', 'matcher', 'NAME', '2026-01-01T00:00:00+00:00'),
        (4, 'RESIDENT', 'Resident', 'resident', 'ANON', '2026-01-01T00:00:00+00:00'),
        (5, 'GROUP', 'Group', 'group', 'NAME', '2026-01-01T00:00:00+00:00'),
        (6, 'MERCHANT', 'Merchant', 'merchant', 'NAME', '2026-01-01T00:00:00+00:00')",
    "INSERT INTO host (id, party_id, area_id) VALUES (1, 1, 1)",
    "INSERT INTO purpose (id, parent_id, depth, code, name) VALUES
        (1, NULL, 0, 'PLACES', 'Places'), (2, 1, 1, 'STAIRS', 'Stairs'), (3, NULL, 0, 'CARE', 'Care')",
    "INSERT INTO purpose_closure (ancestor_id, descendant_id) VALUES (1, 1), (1, 2), (2, 2), (3, 3)",
    "INSERT INTO fund (id, host_id, area_id, code, name, opened_on, seats, quorum) VALUES
        (1, 1, 2, 'EAST', 'East', '2026-01-01', 5, 3), (2, 1, 3, 'WEST', 'West', '2026-01-01', 5, 3)",
    "INSERT INTO fund_head (fund_id, seq, last_key, hash) VALUES (1, 0, 0, 'GENESIS'), (2, 0, 0, 'GENESIS')",
    "INSERT INTO principal (id, name, created_at) VALUES
        (1, 'staff', '2026-01-01T00:00:00+00:00'), (2, 'other', '2026-01-01T00:00:00+00:00'),
        (3, 'cashier', '2026-01-01T00:00:00+00:00')",
    "INSERT INTO target (id, fund_id, kind, purpose_id, group_id, code, status) VALUES
        (1, 1, 'PROJECT', 2, NULL, 'P1', 'OPEN'), (2, 1, 'GRANT', 3, 5, 'G1', 'OPEN'),
        (3, 2, 'PROJECT', 2, NULL, 'P1', 'OPEN'), (4, 1, 'PROJECT', 2, NULL, 'P2', 'OPEN')",
    "INSERT INTO earmark (id, fund_id, kind, purpose_id, group_id, target_id, spec, valid_from, valid_to) VALUES
        (1, 1, 'NONE', NULL, NULL, NULL, 0, NULL, NULL),
        (2, 1, 'PURPOSE', 1, NULL, NULL, 10, '2026-01-01', '2026-12-31'),
        (3, 1, 'TARGET', NULL, NULL, 1, 100, NULL, NULL),
        (4, 1, 'GROUP', NULL, 5, NULL, 50, NULL, NULL),
        (5, 2, 'NONE', NULL, NULL, NULL, 0, NULL, NULL),
        (6, NULL, 'NONE', NULL, NULL, NULL, 0, NULL, NULL)",
    "INSERT INTO pledge (id, fund_id, donor_id, earmark_id, kind, amount, rate_num, rate_den, state, offered_on,
                         due_on, stated, received, note) VALUES
        (1, 1, 2, 1, 'FIXED', 100000, 1, 1, 'FULFILLED', '2026-01-02', '2026-02-01', 100000, 100000, ''),
        (2, 1, 6, 2, 'SHARE_OF_SALES', 10000, 3, 100, 'ACCEPTED', '2026-01-02', '2026-02-01', 601, 601, ''),
        (3, 1, 3, 1, 'MATCHING', 31000, 1, 2, 'ACCEPTED', '2026-01-02', '2026-02-01', 31000, 30000, ''),
        (4, 1, 2, 1, 'FIXED', 7000, 1, 1, 'OFFERED', '2026-01-02', '2026-02-01', 7000, 0, ''),
        (6, 1, 3, 1, 'MATCHING', 9000, 1, 4, 'ACCEPTED', '2026-01-02', '2026-02-01', 5000, 0, '')",
    // Two of three units are claimed, and part of what that comes to was waived.
    "INSERT INTO project (id, area_id, title, summary, state, proposed_on, moved_on) VALUES
        (1, 2, 'Stairs', 'Stairs', 'UNDERWAY', '2026-01-01', '2026-01-02')",
    "INSERT INTO claimable (project_id, units, unit_value) VALUES (1, 3, 2000)",
    "INSERT INTO pledge (id, fund_id, donor_id, earmark_id, kind, amount, rate_num, rate_den, state, offered_on,
                         due_on, ends_on, stated, received, waived, note) VALUES
        (5, 1, 2, 3, 'CLAIM', 4000, 1, 1, 'ACCEPTED', '2026-01-02', '2026-06-01', '2026-06-01', 4000, 0, 500, '')",
    "INSERT INTO pledge_claim (pledge_id, project_id, units, sharing) VALUES (5, 1, 2, 'SHARED')",
    "INSERT INTO pledge_match (pledge_id, funding, per_gift, per_project) VALUES
        (3, 'PREFUNDED', NULL, NULL), (6, 'DUE', NULL, NULL)",
    // ⌊10,001 × 3 %⌋ = 300, and ⌊20,051 × 3 %⌋ = 601.
    "INSERT INTO pledge_due (id, pledge_id, due_no, fund_id, donor_id, due_on, amount, received) VALUES
        (1, 1, 1, 1, 2, '2026-02-01', 100000, 100000), (2, 2, 1, 1, 6, '2026-02-01', 300, 300),
        (3, 2, 2, 1, 6, '2026-03-01', 301, 301), (4, 3, 1, 1, 3, '2026-02-01', 31000, 30000),
        (5, 4, 1, 1, 2, '2026-02-01', 7000, 0), (7, 6, 1, 1, 3, '2026-04-01', 5000, 0)",
    "INSERT INTO pledge_due (id, pledge_id, due_no, fund_id, donor_id, due_on, amount, waived) VALUES
        (6, 5, 1, 1, 2, '2026-06-01', 4000, 500)",
    "INSERT INTO due_change (id, due_id, kind, amount, basis, report_id, changed_on, reason, principal_id) VALUES
        (1, 6, 'WAIVER', -500, 0, NULL, '2026-03-01', 'agreed', 1)",
    "INSERT INTO sales_report (id, fund_id, merchant_id, campaign_id, from_on, to_on, amount, units, reported_on,
                               first_id, corrects_id, source, external_ref, note, principal_id) VALUES
        (1, 1, 6, NULL, '2026-01-01', '2026-01-31', 10001, NULL, '2026-02-01', 1, NULL, NULL, NULL, '', 1),
        (2, 1, 6, NULL, '2026-02-01', '2026-02-28', 10050, NULL, '2026-03-01', 2, NULL, NULL, NULL, '', 1)",
    "INSERT INTO sales_due (due_id, report_id, basis) VALUES (2, 1, 10001), (3, 2, 10050)",
    "INSERT INTO motion (id, fund_id, kind, title, target_id, amount, new_quorum, new_majority, state, origin, opened_on, closed_on, quorum,
                         majority, principal_id) VALUES
        (1, 1, 'ALLOCATION', 'P1', 1, 100000, NULL, NULL, 'CARRIED', 'RECORDED', '2026-03-01', '2026-03-01', 3, 'TWO_THIRDS', 1),
        (2, 1, 'GRANT', 'G1', 2, 10000, NULL, NULL, 'CARRIED', 'VOTED', '2026-03-01', '2026-03-01', 3, 'SIMPLE', 1),
        (3, 1, 'RULE', 'Four sit', NULL, NULL, 4, 'SIMPLE', 'CARRIED', 'VOTED', '2026-03-01', '2026-03-01', 3, 'SIMPLE', 1),
        (4, 2, 'ALLOCATION', 'P3', 3, 1000, NULL, NULL, 'CARRIED', 'RECORDED', '2026-03-01', '2026-03-01', 3, 'SIMPLE', 1)",
    "INSERT INTO ballot (motion_id, seat_no, constituency, holder, vote, principal_id) VALUES
        (1, 1, 'COMMUNITY', 'One', 'FOR', 1), (1, 2, 'RESIDENTS', 'Two', 'FOR', 1), (1, 3, 'DONORS', 'Three', 'FOR', 1),
        (1, 4, 'STREET', 'Four', 'FOR', 1), (1, 5, 'RESIDENTS', 'Five', 'ABSTAIN', 1),
        (2, 1, 'COMMUNITY', 'One', 'FOR', 1), (2, 2, 'RESIDENTS', 'Two', 'FOR', 1), (2, 3, 'DONORS', 'Three', 'FOR', 1),
        (2, 4, 'STREET', 'Four', 'FOR', 1), (2, 5, 'RESIDENTS', 'Five', 'FOR', 1),
        (3, 1, 'COMMUNITY', 'One', 'FOR', 1), (3, 2, 'RESIDENTS', 'Two', 'FOR', 1), (3, 3, 'DONORS', 'Three', 'FOR', 1),
        (4, 1, 'COMMUNITY', 'One', 'FOR', 1), (4, 2, 'RESIDENTS', 'Two', 'FOR', 1), (4, 3, 'DONORS', 'Three', 'FOR', 1)",
    "INSERT INTO decision (id, motion_id, fund_id, target_id, resolution_number, series_year, series_no, amount,
                           approved_on, votes_for, votes_all) VALUES
        (1, 1, 1, 1, 'R1', NULL, NULL, 100000, '2026-03-01', 4, 5), (2, 2, 1, 2, 'R2', 2026, 1, 10000, '2026-03-01', 5, 5),
        (3, 3, 1, NULL, 'R3', 2026, 2, NULL, '2026-03-01', 3, 3), (4, 4, 2, 3, 'R1', NULL, NULL, 1000, '2026-03-01', 3, 3)",
    // The digest of {}.
    "INSERT INTO disclosure (id, fund_id, period_from, period_to, state, remarks, snapshot, digest, number, series_year,
                             series_no, corrects_id, reason, drafted_on, published_on, notice_to, drafter_id) VALUES
        (1, 1, '2026-01-01', '2026-03-31', 'PUBLISHED', '', '{}',
         '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 'EAST-2026-001', 2026, 1, NULL, NULL,
         '2026-04-01', '2026-04-01', '2026-04-07', 1),
        (2, 1, '2026-01-01', '2026-03-31', 'PUBLISHED', '', '{}',
         '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 'EAST-2026-002', 2026, 2, 1, 'Wrong.',
         '2026-04-02', '2026-04-02', '2026-04-08', 1)",
    // The second fund asks for different hands: one proposed and recorded, one allocates, one pays.
    "INSERT INTO target_proposer (target_id, principal_id) VALUES (3, 2)",
    "INSERT INTO decision_recorder (decision_id, principal_id) VALUES (4, 2)",
    "UPDATE fund SET two_persons_since = 0 WHERE id = 2",
    "INSERT INTO related_party (id, host_id, fund_id, party_id, reason, valid_from, valid_to, recorded_by) VALUES
        (1, 1, 1, 6, 'family', '2025-01-01', '2025-12-31', 1), (2, 1, 1, 6, 'family', '2026-02-01', NULL, 1)",
    // The grant was won in a round, and is paid in two parts.
    "INSERT INTO micro_grant (id, title, stage, awarded_on, awarded) VALUES (2, 'G1', 'START_UP', '2026-02-20', 10000)",
    "INSERT INTO grant_round (id, fund_id, purpose_id, code, title, call_text, budget, grant_max, closes_on,
                              objection_days, state, opened_on, moved_on, objections_to, principal_id) VALUES
        (1, 1, 3, 'A', 'A', 'Apply.', 10000, 10000, '2026-01-31', 7, 'CLOSED', '2026-01-02', '2026-02-21', '2026-02-19', 1)",
    "INSERT INTO grant_application (id, round_id, group_id, stage, title, plan, asked, residents, state, submitted_on,
                                    target_id, principal_id) VALUES
        (1, 1, 5, 'START_UP', 'G1', 'Work.', 10000, 9, 'PASSED', '2026-01-20', 2, 1)",
    "INSERT INTO grant_contract (target_id, signed_on, name, sha256, pass_score, principal_id) VALUES
        (2, '2026-03-02', 'contract.pdf', '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 60, 1)",
    "INSERT INTO tranche (target_id, tranche_no, amount, due_on, report) VALUES
        (2, 1, 6000, '2026-03-02', NULL), (2, 2, 4000, '2026-04-01', 'MIDTERM')",
    "INSERT INTO grant_report (target_id, kind, reported_on, summary, served, name, sha256, principal_id) VALUES
        (2, 'MIDTERM', '2026-03-20', 'Done.', 9, 'report.pdf',
         '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 1)",
    // It ends without its second report.
    "INSERT INTO grant_ending (target_id, ended_on, reason, decision_id, principal_id) VALUES
        (2, '2026-04-20', 'Moved away.', NULL, 1)",
    // The register had the name of the group wrong, and struck it off.
    "INSERT INTO group_registration (party_id, area_id, field, standing, number, registered_on, struck_off_on, principal_id)
     VALUES (5, 2, 'CULTURE', 'FILED', 'JX-1', '2025-06-01', '2026-04-21', 1)",
    "INSERT INTO group_change (id, party_id, kind, changed_on, reason, before_name, before_area_id, before_field,
                               before_standing, before_number, before_registered_on, after_name, after_area_id, after_field,
                               after_standing, after_number, after_registered_on, entered_at, principal_id) VALUES
        (1, 5, 'CORRECTED', '2026-04-01', 'A slip.', 'Gruop', 2, 'CULTURE', 'FILED', 'JX-1', '2025-06-01',
         'Group', 2, 'CULTURE', 'FILED', 'JX-1', '2025-06-01', '2026-04-01T00:00:00+00:00', 1),
        (2, 5, 'STRUCK_OFF', '2026-04-21', 'Gone.', 'Group', 2, 'CULTURE', 'FILED', 'JX-1', '2025-06-01',
         'Group', 2, 'CULTURE', 'FILED', 'JX-1', '2025-06-01', '2026-04-21T00:00:00+00:00', 1)",
];

/// The fund of the tests, and what its keys are called in them.
pub struct Book {
    /// The database it is in.
    pub db: Db,
    /// `L1` a lot, `E1` an entry, `R1` a receipt, `X1` an expense, `F1` a refund; `POOL`, `T1` and so on
    /// an account.
    pub names: BTreeMap<String, i64>,
    viewer: Viewer,
    lots: BTreeMap<String, Lot>,
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-05-01T08:00:00.123456Z".parse().unwrap()
}

async fn decision(tx: &mut Tx, id: i64) -> DecisionDocument {
    let decision = tx.sql(
        "SELECT id, fund_id, target_id, resolution_number, amount, approved_on, votes_for, votes_all
         FROM decision WHERE id = $1",
    );
    decision.bind(id).one().await.unwrap()
}

impl Book {
    /// Books everything.
    pub async fn open(url: &str) -> Self {
        let db = Db::connect(url).await.unwrap();
        db.migrate().await.unwrap();
        let viewer = Viewer::operator(PrincipalId(1));
        let mut book = Self { db, names: BTreeMap::new(), viewer, lots: BTreeMap::new() };
        let mut tx = book.db.begin().await.unwrap();
        for sql in FIXTURES {
            tx.sql(sql).execute().await.unwrap();
        }
        tx.commit().await.unwrap();
        for (fund, targets) in [(1, &[1, 2, 4][..]), (2, &[3])] {
            let (mut tx, mut head) = book.lock(fund).await;
            account::open_fund(&mut tx, &mut head).await.unwrap();
            for target in targets {
                account::open_target(&mut tx, &mut head, TargetId(*target)).await.unwrap();
                for found in account::of_target(&mut tx, TargetId(*target)).await.unwrap() {
                    let letter = if found.kind == AccountKind::Target { "T" } else { "A" };
                    book.names.insert(format!("{letter}{target}"), found.id.0);
                }
            }
            head::write(&mut tx, &head).await.unwrap();
            tx.commit().await.unwrap();
        }
        let fund = |kind| of_fund(FundId(1), kind, Asset::Cny).0;
        book.names.insert("POOL".into(), fund(AccountKind::Pool));
        book.names.insert("MATCH".into(), fund(AccountKind::Match));
        book.names.insert("OUT".into(), fund(AccountKind::Outside));
        book.give().await;
        book.spend().await;
        book.correct().await;
        book.hear_the_bank().await;
        book.correct_more().await;
        book.spend_in_the_west().await;
        book
    }

    /// What arrives, and the match that follows.
    async fn give(&mut self) {
        self.receive("R1", 1, "POOL", &[("L1", 2, 1, Some(1), 100_000)]).await;
        let lots = [("L2", 6, 2, Some(2), 300), ("L3", 4, 3, None, 20_000), ("L4", 4, 1, None, 5_000)];
        self.receive("R2", 1, "POOL", &lots).await;
        self.receive("R3", 1, "MATCH", &[("L5", 3, 1, Some(4), 30_000)]).await;
        self.matched("L3", 20_000, 10_000).await;
        self.matched("L4", 4_000, 2_000).await;
        self.reverse(5).await;
    }

    /// What is decided and paid.
    async fn spend(&mut self) {
        self.allocate(1, &[("L2", "POOL", "T1", 300), ("L3", "POOL", "T1", 20_000), ("L1", "POOL", "T1", 60_000)])
            .await;
        self.allocate(2, &[("L1", "POOL", "T2", 10_000)]).await;
        self.pay(EntryKind::Pay, "X1", 1, &[("L2", "T1", 300), ("L3", "T1", 20_000), ("L1", "T1", 10_000)]).await;
        self.plain(EntryKind::Advance, &[("L1", "T1", "A1", 20_000)]).await;
        self.pay(EntryKind::Clear, "X2", 1, &[("L1", "A1", 12_000)]).await;
        self.plain(EntryKind::Return, &[("L1", "A1", "T1", 3_000)]).await;
        self.plain(EntryKind::Release, &[("L1", "T1", "POOL", 5_000)]).await;
        self.refund("F1", 4, &[("L4", 2_000)]).await;
    }

    /// What is undone, and a grant that is spent and closed.
    async fn correct(&mut self) {
        self.pay(EntryKind::Pay, "X3", 1, &[("L1", "T1", 1_000)]).await;
        self.reverse(15).await;
        self.refund("F2", 4, &[("L4", 1_000)]).await;
        self.reverse(17).await;
        self.receive("R4", 1, "POOL", &[("L6", 6, 2, Some(3), 301)]).await;
        self.reverse(19).await;
        self.receive("R4", 2, "POOL", &[("L7", 6, 2, Some(3), 301)]).await;
        // The match that was reversed is made good: ⌊24,001 ÷ 2⌋ in all, which is the cap.
        self.matched("L4", 4_001, 2_000).await;
        self.pay(EntryKind::Pay, "X4", 2, &[("L1", "T2", 10_000)]).await;
        let mut tx = self.db.begin().await.unwrap();
        tx.sql("UPDATE target SET status = 'CLOSED' WHERE id = 2").execute().await.unwrap();
        // A match that is not paid ahead: a quarter of L3.
        let follows = "INSERT INTO due_match (due_id, base_lot_id, base, amount) VALUES (7, {L3}, 20000, 5000)";
        tx.sql(self.named(follows)).execute().await.unwrap();
        tx.sql(
            "INSERT INTO idem (scope, key, request_hash, entry_id, response) VALUES ('p1', 'none', 'h', NULL, '{}')",
        )
        .execute()
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    /// E24 to E31, by the operations themselves: a loss, a credit note, a swap, a consent, a transfer, and a spent
    /// gift given back.
    async fn correct_more(&mut self) {
        let (viewer, sha256) = (self.viewer.clone(), "ab".repeat(32));
        let by = By { viewer: &viewer, now: now(), today: day("2026-05-01") };
        let on = day("2026-04-10");
        let once = |key: &str| Once::new(by, key, "test", &key).unwrap();
        let memo = || "corrected".to_owned();
        let expense = |name: &str| ExpenseId(self.names[name]);
        let (x1, x2, l4) = (expense("X1"), expense("X2"), LotId(self.names["L4"]));
        let mut tx = self.db.begin().await.unwrap();
        let lost = WriteOff {
            target: TargetId(1),
            amount: Fen(1_000),
            effective_on: on,
            memo: memo(),
            sha256: sha256.clone(),
        };
        write_off::write_off(&mut tx, by, &once("lost"), &lost).await.unwrap();
        let note = Credit {
            expense: x2,
            to: CreditTo::Pool,
            amount: Fen(2_000),
            effective_on: on,
            memo: memo(),
            sha256: sha256.clone(),
        };
        credit(&mut tx, by, &once("credit"), &note).await.unwrap();
        let freed = Swap { expense: x1, donor: 6.into(), amount: Fen(200), effective_on: on, memo: memo() };
        swap::swap(&mut tx, by, &once("swap"), &freed).await.unwrap();
        let wanted = Relot {
            lot: l4,
            donor: None,
            restriction: Some(Restriction { group: Some(PartyId(5)), ..Restriction::default() }),
            consented_by: 4.into(),
            consented_on: on,
            sha256,
            effective_on: on,
            memo: memo(),
        };
        let child = relot::relot(&mut tx, by, &once("relot"), &wanted).await.unwrap().child;
        tx.commit().await.unwrap();
        for (seq, name) in [(24, "E24"), (25, "E25"), (26, "E26"), (27, "E27"), (30, "E30"), (31, "E31")] {
            self.names.insert(name.into(), head::key(FundId(1), seq));
        }
        self.names.insert("L8".into(), child.0);
        self.receive("R5", 1, "POOL", &[("L9", 1, 6, None, 4_000)]).await;
        let mut tx = self.db.begin().await.unwrap();
        let wanted = Transfer { from: FundId(1), to: FundId(2), amount: Fen(1_500), effective_on: on, memo: memo() };
        let moved = transfer::transfer(&mut tx, by, &once("transfer"), &wanted).await.unwrap();
        self.names.insert("E29".into(), moved.out.0);
        let wanted = Refund {
            fund: FundId(1),
            donor: 6.into(),
            contribution: None,
            expense: Some(x1),
            amount: Fen(550),
            refunded_on: on,
            reason: memo(),
        };
        refund::refund(&mut tx, by, &once("refund"), &wanted).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// W2 and W3: what came over is allocated by one and advanced by another.
    async fn spend_in_the_west(&mut self) {
        let pool = of_fund(FundId(2), AccountKind::Pool, Asset::Cny).0;
        self.names.insert("WEST".into(), pool);
        for (name, kind, actor, way) in
            [("W2", EntryKind::Allocate, 1, ("WEST", "T3")), ("W3", EntryKind::Advance, 3, ("T3", "A3"))]
        {
            let (mut tx, mut head) = self.lock(2).await;
            let mut draft = Self::draft(kind, self.moves(&[("L9", way.0, way.1, 600)]));
            if kind == EntryKind::Allocate {
                draft.decision_id = Some(DecisionId(4));
                draft.documents = digest_decision(
                    &decision(&mut tx, 4).await,
                    &cobuild::allocation::store::seats_of(&mut tx, DecisionId(4)).await.unwrap(),
                );
            }
            let viewer = Viewer::operator(PrincipalId(actor));
            let by = By { viewer: &viewer, now: now(), today: day("2026-05-01") };
            let id = post(&mut tx, &mut head, by, &[draft]).await.unwrap()[0];
            tx.sql("INSERT INTO idem (scope, key, request_hash, entry_id, response) VALUES ('p1', $1, 'h', $2, '{}')")
                .bind(name.to_owned())
                .bind(id)
                .execute()
                .await
                .unwrap();
            tx.commit().await.unwrap();
            self.names.insert(name.into(), id.0);
        }
    }

    /// What the bank said of the first gift, of the pot and of a payment in two transfers; the rest waits.
    async fn hear_the_bank(&mut self) {
        let mut tx = self.db.begin().await.unwrap();
        let by = By { viewer: &self.viewer, now: now(), today: day("2026-05-01") };
        let line = |(reference, amount): (&str, i64)| LineDraft {
            account: "6217".into(),
            reference: reference.into(),
            booked_on: day("2026-04-02"),
            amount: Fen(amount),
            counterparty: String::new(),
            note: String::new(),
        };
        let drafts = [("B1", 100_000), ("B2", 30_000), ("B3", -30_000), ("B4", -300), ("B5", 7)].map(line);
        let lines = bank::record(&mut tx, by, Owner::Fund(FundId(1)), &drafts).await.unwrap();
        let lines: Vec<BankLineId> = lines.into_iter().map(|line| line.unwrap().line).collect();
        for (lines, entry) in [(&lines[..1], "E1"), (&lines[1..2], "E3"), (&lines[2..4], "E9")] {
            let entries = vec![EntryId(self.names[entry])];
            let same = Match { lines: lines.to_vec(), entries, note: String::new() };
            matching::matched(&mut tx, by, &same).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn lock(&self, fund: i64) -> (Tx, Head) {
        let mut tx = self.db.begin().await.unwrap();
        let head = head::lock(&mut tx, FundId(fund)).await.unwrap();
        (tx, head)
    }

    fn moves(&self, moves: &[(&str, &str, &str, i64)]) -> Vec<Move> {
        let account = |name: &str| AccountId(self.names[name]);
        let one = |(lot, from, to, amount): &(&str, &str, &str, i64)| {
            let lot = &self.lots[*lot];
            Move {
                lot_id: lot.id,
                donor_id: lot.donor_id,
                earmark_id: lot.earmark_id,
                source_id: account(from),
                destination_id: account(to),
                amount: Fen(*amount),
            }
        };
        moves.iter().map(one).collect()
    }

    fn draft(kind: EntryKind, moves: Vec<Move>) -> Draft {
        Draft::new(kind, day("2026-04-01"), format!("{kind:?}"), moves)
    }

    async fn book(&mut self, (mut tx, mut head): (Tx, Head), draft: Draft) -> EntryId {
        let by = By { viewer: &self.viewer, now: now(), today: day("2026-05-01") };
        let id = post(&mut tx, &mut head, by, &[draft]).await.unwrap()[0];
        tx.sql("INSERT INTO idem (scope, key, request_hash, entry_id, response) VALUES ('p1', $1, 'h', $2, '{}')")
            .bind(format!("k{}", head.seq))
            .bind(id)
            .execute()
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.names.insert(format!("E{}", head.seq), id.0);
        id
    }

    async fn receive(&mut self, name: &str, version: i64, to: &str, lines: &[(&str, i64, i64, Option<i64>, i64)]) {
        let (mut tx, mut head) = self.lock(1).await;
        let amount = lines.iter().map(|line| Fen(line.4)).sum();
        let receipt = Receipt {
            id: head.next_key(),
            fund_id: head.fund_id,
            payer_id: lines[0].1.into(),
            channel: "BANK".into(),
            external_ref: name.into(),
            version,
            received_on: day("2026-03-15"),
            asset: Asset::Cny,
            amount,
            note: String::new(),
        };
        let mut lots = Vec::new();
        for (line_no, (name, donor, earmark, due, amount)) in (1..).zip(lines) {
            let lot = Lot {
                id: head.next_key(),
                fund_id: head.fund_id,
                receipt_id: receipt.id,
                line_no,
                parent_id: None,
                donor_id: (*donor).into(),
                earmark_id: (*earmark).into(),
                due_id: due.map(Into::into),
                class: LotClass::Gift,
                asset: Asset::Cny,
                amount: Fen(*amount),
                received_on: receipt.received_on,
            };
            self.names.insert((*name).into(), lot.id.0);
            self.lots.insert((*name).into(), lot.clone());
            lots.push(lot);
        }
        store::insert_receipts(&mut tx, std::slice::from_ref(&receipt)).await.unwrap();
        store::insert_lots(&mut tx, &lots).await.unwrap();
        let moves: Vec<_> = lines.iter().map(|line| (line.0, "OUT", to, line.4)).collect();
        let mut draft = Self::draft(EntryKind::Receive, self.moves(&moves));
        draft.receipt_id = Some(receipt.id);
        let earmarks: Vec<_> = lots.iter().map(|lot| lot.earmark_id).collect();
        let terms = earmark::by_ids(&mut tx, &earmarks).await.unwrap();
        draft.documents = digest_receipt(&receipt, &lots, &terms.into_iter().map(|one| (one.id, one)).collect());
        self.names.insert(format!("{name}v{version}"), i64::from(receipt.id));
        self.book((tx, head), draft).await;
    }

    async fn plain(&mut self, kind: EntryKind, moves: &[(&str, &str, &str, i64)]) -> EntryId {
        let locked = self.lock(1).await;
        let draft = Self::draft(kind, self.moves(moves));
        self.book(locked, draft).await
    }

    async fn matched(&mut self, base: &str, base_amount: i64, amount: i64) {
        let accrual = AccrualDocument {
            pledge_id: 3.into(),
            base_lot_id: self.lots[base].id,
            base: Fen(base_amount),
            amount: Fen(amount),
        };
        let locked = self.lock(1).await;
        let mut draft = Self::draft(EntryKind::Match, self.moves(&[("L5", "MATCH", "T1", amount)]));
        draft.documents = digest_match(&[accrual]);
        let entry = self.book(locked, draft).await;
        let mut tx = self.db.begin().await.unwrap();
        cobuild::pledge::store::insert_accruals(&mut tx, entry, &[accrual]).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn allocate(&mut self, decision: i64, moves: &[(&str, &str, &str, i64)]) {
        let (mut tx, head) = self.lock(1).await;
        let document = self::decision(&mut tx, decision).await;
        let mut draft = Self::draft(EntryKind::Allocate, self.moves(moves));
        draft.decision_id = Some(DecisionId(decision));
        let seats = cobuild::allocation::store::seats_of(&mut tx, document.id).await.unwrap();
        draft.documents = digest_decision(&document, &seats);
        self.book((tx, head), draft).await;
    }

    async fn pay(&mut self, kind: EntryKind, name: &str, target: i64, taken: &[(&str, &str, i64)]) {
        let (mut tx, mut head) = self.lock(1).await;
        let expense = ExpenseDocument {
            id: head.next_key(),
            fund_id: head.fund_id,
            target_id: TargetId(target),
            payee_id: 6.into(),
            purpose_id: 2.into(),
            asset: Asset::Cny,
            amount: taken.iter().map(|one| Fen(one.2)).sum(),
            incurred_on: day("2026-04-01"),
            note: name.into(),
        };
        let file = |line_no| EvidenceDocument {
            expense_id: expense.id,
            line_no,
            kind: EvidenceKind::Invoice,
            sha256: format!("{line_no:064}"),
            name: "invoice.pdf".into(),
        };
        let evidence = [file(1), file(2)];
        store::insert_expense(&mut tx, &expense).await.unwrap();
        store::insert_evidence(&mut tx, &evidence).await.unwrap();
        let mut place = account::new(&mut head, AccountKind::Expense, Asset::Cny, Some(expense.target_id));
        place.expense_id = Some(expense.id);
        account::insert(&mut tx, std::slice::from_ref(&place)).await.unwrap();
        self.names.insert(name.into(), expense.id.0);
        self.names.insert(format!("{name}A"), place.id.0);
        let to = format!("{name}A");
        let moves: Vec<_> = taken.iter().map(|(lot, from, amount)| (*lot, *from, to.as_str(), *amount)).collect();
        let mut draft = Self::draft(kind, self.moves(&moves));
        draft.documents = digest_expense(&expense, &evidence);
        self.book((tx, head), draft).await;
    }

    async fn refund(&mut self, name: &str, donor: i64, taken: &[(&str, i64)]) {
        let (mut tx, mut head) = self.lock(1).await;
        let refund = RefundDocument {
            id: head.next_key(),
            fund_id: head.fund_id,
            donor_id: donor.into(),
            amount: taken.iter().map(|one| Fen(one.1)).sum(),
            refunded_on: day("2026-04-01"),
            reason: "wrong account".into(),
        };
        store::insert_refund(&mut tx, &refund).await.unwrap();
        let mut place = account::new(&mut head, AccountKind::Refund, Asset::Cny, None);
        place.refund_id = Some(refund.id);
        account::insert(&mut tx, std::slice::from_ref(&place)).await.unwrap();
        let to = format!("{name}A");
        self.names.insert(name.into(), refund.id.0);
        self.names.insert(to.clone(), place.id.0);
        let moves: Vec<_> = taken.iter().map(|(lot, amount)| (*lot, "POOL", to.as_str(), *amount)).collect();
        let mut draft = Self::draft(EntryKind::Refund, self.moves(&moves));
        draft.documents = digest_refund(&refund);
        self.book((tx, head), draft).await;
    }

    async fn reverse(&mut self, seq: i64) {
        let undone = EntryId(self.names[&format!("E{seq}")]);
        let (mut tx, head) = self.lock(1).await;
        let mirror = |one: store::PostingWithLot| Move {
            lot_id: one.posting.lot_id,
            donor_id: one.donor_id,
            earmark_id: one.earmark_id,
            source_id: one.posting.destination_id,
            destination_id: one.posting.source_id,
            amount: one.posting.amount,
        };
        let moves = store::postings_of_entry(&mut tx, undone).await.unwrap().into_iter().map(mirror).collect();
        let mut draft = Self::draft(EntryKind::Reverse, moves);
        draft.reverses_id = Some(undone);
        self.book((tx, head), draft).await;
    }

    /// Books `count` gifts of one fen, a receipt each.
    pub async fn receive_many(&mut self, count: i64) {
        let (mut tx, mut head) = self.lock(2).await;
        let [outside, pool] =
            [AccountKind::Outside, AccountKind::Pool].map(|kind| of_fund(FundId(2), kind, Asset::Cny));
        let (mut receipts, mut lots, mut drafts) = (Vec::new(), Vec::new(), Vec::new());
        let terms = earmark::by_ids(&mut tx, &[5.into()]).await.unwrap();
        let terms = terms.into_iter().map(|one| (one.id, one)).collect();
        for number in 0..count {
            let receipt = Receipt {
                id: head.next_key(),
                fund_id: head.fund_id,
                payer_id: 2.into(),
                channel: "BANK".into(),
                external_ref: number.to_string(),
                version: 1,
                received_on: day("2026-03-15"),
                asset: Asset::Cny,
                amount: Fen(1),
                note: String::new(),
            };
            let lot = Lot {
                id: head.next_key(),
                fund_id: head.fund_id,
                receipt_id: receipt.id,
                line_no: 1,
                parent_id: None,
                donor_id: (2 + number % 5).into(),
                earmark_id: 5.into(),
                due_id: None,
                class: LotClass::Gift,
                asset: Asset::Cny,
                amount: Fen(1),
                received_on: receipt.received_on,
            };
            let one = Move {
                lot_id: lot.id,
                donor_id: lot.donor_id,
                earmark_id: lot.earmark_id,
                source_id: outside,
                destination_id: pool,
                amount: lot.amount,
            };
            let mut draft = Self::draft(EntryKind::Receive, vec![one]);
            draft.receipt_id = Some(receipt.id);
            draft.documents = digest_receipt(&receipt, std::slice::from_ref(&lot), &terms);
            receipts.push(receipt);
            lots.push(lot);
            drafts.push(draft);
        }
        store::insert_receipts(&mut tx, &receipts).await.unwrap();
        store::insert_lots(&mut tx, &lots).await.unwrap();
        let by = By { viewer: &self.viewer, now: now(), today: day("2026-05-01") };
        let entries = post(&mut tx, &mut head, by, &drafts).await.unwrap();
        tx.insert_all(
            "INSERT INTO idem (scope, key, request_hash, entry_id, response) VALUES (..)",
            &entries,
            |row, id| row.bind("p2").bind(id.0.to_string()).bind("h").bind(*id).bind("{}"),
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    /// A statement with the keys in place of their names in braces.
    pub fn named(&self, sql: &str) -> &'static str {
        let full = self
            .names
            .iter()
            .fold(sql.to_owned(), |sql, (name, key)| sql.replace(&format!("{{{name}}}"), &key.to_string()));
        assert!(!full.contains('{'), "a name that nothing has: {full}");
        // The statements of a test live as long as it does.
        full.leak()
    }
}
