//! The product under test: a history's operations, asked for by the ids that the product gave.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cobuild::{
    allocation::{self, Allocate, Release},
    committee::{self, Constituency, DecisionDraft, Seat, Vote},
    contribution::{self, Line, Receive, Received, Settles, refund},
    db::{Sql as _, Tx},
    error::Result,
    expense::{
        self, Advance, Evidence, PaidFrom, Record, Return, ReturnTo,
        credit::{Credit, CreditTo, credit},
    },
    id::{DecisionId, DueId, EntryId, ExpenseId, LotId, PartyId, PledgeId, PurposeId, ReceiptId, TargetId},
    ledger::{
        AccountKind, Asset,
        document::{EvidenceKind, LotClass},
        draw::DrawRule,
        earmark::Restriction,
        idem::Once,
        relot::{self, Relot},
        reverse,
        swap::{self, Swap},
        transfer::{self, Transfer},
        write_off::{self, WriteOff},
    },
    money::Fen,
    pledge::{
        self, Entered, Offer, PledgeState, matching,
        terms::{Category, SalesRule},
    },
    project::{self, BudgetLine, GrantDraft, GrantStage, Proposal},
    sales::{self, Report},
    viewer,
};
use serde_json::{Value, json};

use super::{
    operation::{Back, NOBODY, Only, Operation, Part, Pays, Promise, Terms},
    oracle::{Oracle, Place},
    scene::Scene,
};

/// The product, with its ids in the order in which the history made them.
pub struct Product {
    pub scene: Scene,
    pub targets: Vec<TargetId>,
    pub pledges: Vec<PledgeId>,
    /// The dues of each pledge.
    pub dues: Vec<Vec<DueId>>,
    pub decisions: Vec<DecisionId>,
    pub receipts: Vec<ReceiptId>,
    pub lots: Vec<LotId>,
    pub entries: Vec<EntryId>,
    pub expenses: Vec<i64>,
    pub refunds: Vec<i64>,
}

/// A lot, whether it is goods, a fund, and the place with how much of the lot is in it.
type HeldRow = (i64, i32, i64, AccountKind, i64, i64, i64, i64);

/// The terms of a promise.
fn promised(promise: &Promise, due_on: NaiveDate) -> pledge::Terms {
    match *promise {
        Promise::Fixed { amount } => pledge::Terms::Fixed { amount: Fen(amount), due_on },
        Promise::Share { basis_points, cap } => {
            let rule = SalesRule { cap: cap.map(Fen), from: due_on, to: None, settle_days: 15 };
            pledge::Terms::ShareOfSales { basis_points, rule }
        }
        Promise::Goods { value } => pledge::Terms::InKind {
            category: Category::Goods,
            quantity: 100,
            unit: "box".into(),
            description: "Lunches".into(),
            value: Fen(value),
            due_on,
        },
        Promise::Matching { cap, rate, funding } => {
            pledge::Terms::Matching { rate, cap: Fen(cap), per_gift: None, per_project: None, funding, due_on }
        }
    }
}

/// The id of a number, or one that nothing has.
fn id<T: Copy + From<i64>>(known: &[T], number: usize) -> T {
    known.get(number).copied().unwrap_or_else(|| T::from(i64::try_from(NOBODY).unwrap()))
}

/// The digest of a paper that a correction stands on.
fn paper() -> String {
    "ab".repeat(32)
}

impl Product {
    pub async fn open(url: &str) -> Self {
        Self {
            scene: Scene::open(url).await,
            targets: vec![],
            pledges: vec![],
            dues: vec![],
            decisions: vec![],
            receipts: vec![],
            lots: vec![],
            entries: vec![],
            expenses: vec![],
            refunds: vec![],
        }
    }

    fn party(&self, number: usize) -> PartyId {
        id(&self.scene.parties, number)
    }

    fn expense(&self, number: usize) -> ExpenseId {
        id(&self.expenses, number).into()
    }

    fn purpose(&self, number: usize) -> PurposeId {
        id(&self.scene.purposes, number)
    }

    fn restriction(&self, terms: Terms) -> Restriction {
        let mut asked = Restriction { valid_from: terms.from, valid_to: terms.to, ..Restriction::default() };
        match terms.only {
            Only::Free => {}
            Only::AnyFund => asked.any_fund = true,
            Only::Purpose(purpose) => asked.purpose = Some(self.purpose(purpose)),
            Only::Group(group) => asked.group = Some(self.party(group)),
            Only::Target(target) => asked.target = Some(id(&self.targets, target)),
            Only::Both(purpose, group) => {
                (asked.purpose, asked.group) = (Some(self.purpose(purpose)), Some(self.party(group)));
            }
        }
        asked
    }

    fn line(&self, part: &Part) -> Line {
        let settles = match part.pays {
            Pays::Nothing => Settles::Nothing,
            Pays::Pledge(pledge) => Settles::Pledge(id(&self.pledges, pledge)),
            Pays::Due(pledge, due) => Settles::Due(id(self.dues.get(pledge).map_or(&[][..], Vec::as_slice), due)),
            Pays::OldestFirst => Settles::OldestFirst,
        };
        Line {
            donor: self.party(part.donor),
            amount: Fen(part.amount),
            settles,
            restriction: part.terms.map(|terms| self.restriction(terms)),
            class: if part.covers { LotClass::Cover } else { LotClass::Gift },
        }
    }

    /// Does `operation` under `key` in a transaction of its own, and gives the answer.
    pub async fn perform(&self, operation: &Operation, key: &str) -> Result<Value> {
        let mut tx = self.scene.db.begin().await?;
        let done = self.run(&mut tx, operation, key).await;
        viewer::settle(tx, done).await
    }

    fn once(&self, key: &str, operation: &Operation, input: &impl serde::Serialize) -> Result<Once> {
        Once::new(self.scene.by(), key, operation.name(), input)
    }

    #[allow(clippy::too_many_lines, reason = "one arm for each operation")]
    async fn run(&self, tx: &mut Tx, operation: &Operation, key: &str) -> Result<Value> {
        let by = self.scene.by();
        let memo = || operation.name().to_owned();
        let target_id = |target: &usize| id(&self.targets, *target);
        match operation {
            Operation::Propose { fund, purpose, on } => {
                let draft = Proposal {
                    fund: self.scene.funds[*fund],
                    area: self.scene.areas[*fund],
                    purpose: self.purpose(*purpose),
                    code: key.to_owned(),
                    title: "A project".into(),
                    summary: "What a history spends money on.".into(),
                    residents: 10,
                    proposed_on: *on,
                    budget: vec![BudgetLine { project_id: TargetId(0), label: "Work".into(), amount: Fen(100) }],
                    plan: vec![],
                    goal: None,
                    milestones: vec![],
                };
                Ok(json!(project::propose(tx, by, &draft).await?.id))
            }
            Operation::Award { fund, group, purpose, on } => {
                let draft = GrantDraft {
                    fund: self.scene.funds[*fund],
                    group: self.party(*group),
                    purpose: self.purpose(*purpose),
                    code: key.to_owned(),
                    title: "A grant".into(),
                    stage: GrantStage::StartUp,
                    residents: 10,
                    awarded_on: *on,
                    awarded: None,
                };
                Ok(json!(project::grant_award(tx, by, &draft).await?.id))
            }
            Operation::Move { target, to, on } => {
                project::advance(tx, by, target_id(target), *to, *on).await.map(|_| Value::Null)
            }
            Operation::Offer { fund, donor, promise, terms, due_on } => {
                let draft = Offer {
                    donor: self.party(*donor),
                    terms: promised(promise, *due_on),
                    restriction: self.restriction(*terms),
                    offered_on: self.scene.today,
                    agreement: None,
                    campaign: None,
                    origin: None,
                    entered: Entered::Offered,
                    note: String::new(),
                };
                let once = self.once(key, operation, &draft)?;
                let done = pledge::offer(tx, by, self.scene.funds[*fund], &[(Some(once), draft)]).await?.remove(0)?;
                Ok(json!(done))
            }
            Operation::Advance { pledge, to } => {
                let id = id(&self.pledges, *pledge);
                pledge::advance(tx, by, id, *to, self.scene.today).await.map(|_| Value::Null)
            }
            Operation::Report { fund, merchant, amount, on } => {
                let report = Report {
                    merchant: self.party(*merchant),
                    campaign: None,
                    period: Some((*on, *on)),
                    amount: Some(Fen(*amount)),
                    units: None,
                    reported_on: *on,
                    origin: None,
                    note: String::new(),
                };
                let once = self.once(key, operation, &report)?;
                let done = sales::report(tx, by, self.scene.funds[*fund], &[(Some(once), report)]).await?.remove(0)?;
                Ok(json!(done))
            }
            Operation::Receive { fund, payer, reference, on, asset, whole, parts } => {
                let wanted = Receive {
                    payer: self.party(*payer),
                    channel: "BANK".into(),
                    reference: reference.to_string(),
                    received_on: *on,
                    asset: *asset,
                    amount: whole.map(Fen),
                    note: memo(),
                    lines: parts.iter().map(|part| self.line(part)).collect(),
                };
                let once = self.once(key, operation, &wanted)?;
                let done =
                    contribution::receive(tx, by, self.scene.funds[*fund], &[(Some(once), wanted)]).await?.remove(0)?;
                Ok(json!(done))
            }
            Operation::Match { pledge, on } => {
                let wanted = matching::Match { pledge: id(&self.pledges, *pledge), effective_on: *on, memo: memo() };
                Ok(json!(matching::apply(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::Decide { fund, target, amount, on, votes } => {
                let seat = |number| Seat {
                    decision_id: DecisionId(0),
                    constituency: Constituency::Residents,
                    holder: "Holder of a seat".into(),
                    vote: if number < votes.0 { Vote::For } else { Vote::Against },
                };
                let draft = DecisionDraft {
                    fund: self.scene.funds[*fund],
                    target: target_id(target),
                    resolution_number: key.to_owned(),
                    amount: Fen(*amount),
                    approved_on: *on,
                    seats: (0..votes.1).map(seat).collect(),
                };
                Ok(json!(committee::decide(tx, by, &self.once(key, operation, &draft)?, &draft).await?))
            }
            Operation::Allocate { decision, amount, on, lots } => {
                let wanted = Allocate {
                    decision: id(&self.decisions, *decision),
                    asset: Asset::Cny,
                    amount: Fen(*amount),
                    effective_on: *on,
                    memo: memo(),
                    lots: lots.iter().map(|(lot, part)| (id(&self.lots, *lot), Fen(*part))).collect(),
                };
                Ok(json!(allocation::allocate(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::Release { target, amount, on } => {
                let (target, amount) = (target_id(target), Fen(*amount));
                let wanted = Release { target, asset: Asset::Cny, amount, effective_on: *on, memo: memo() };
                Ok(json!(allocation::release(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::PayAhead { target, amount, on } => {
                let (target, amount) = (target_id(target), Fen(*amount));
                let wanted = Advance { target, amount, effective_on: *on, memo: memo() };
                Ok(json!(expense::advance(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::Pay { target, ahead, amount, on, payee, purpose, files } => {
                let file = |number| Evidence {
                    kind: EvidenceKind::Invoice,
                    sha256: format!("{number:064x}"),
                    name: "invoice.pdf".into(),
                };
                let wanted = Record {
                    target: target_id(target),
                    asset: Asset::Cny,
                    from: if *ahead { PaidFrom::Advance } else { PaidFrom::Target },
                    payee: self.party(*payee),
                    purpose: purpose.map(|purpose| self.purpose(purpose)),
                    amount: Fen(*amount),
                    incurred_on: *on,
                    note: memo(),
                    evidence: (0..*files).map(file).collect(),
                };
                Ok(json!(expense::record(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::Return { target, to_pool, amount, on } => {
                let to = if *to_pool { ReturnTo::Pool } else { ReturnTo::Target };
                let (target, amount) = (target_id(target), Fen(*amount));
                let wanted = Return { target, to, amount, effective_on: *on, memo: memo() };
                Ok(json!(expense::take_back(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::Refund { fund, donor, receipt, amount, on } => {
                let wanted = refund::Refund {
                    fund: self.scene.funds[*fund],
                    donor: self.party(*donor),
                    contribution: receipt.map(|receipt| id(&self.receipts, receipt)),
                    expense: None,
                    amount: Fen(*amount),
                    refunded_on: *on,
                    reason: memo(),
                };
                Ok(json!(refund::refund(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::Reverse { entry, on } => {
                let wanted = reverse::Reverse { entry: id(&self.entries, *entry), effective_on: *on, memo: memo() };
                Ok(json!(reverse::reverse(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::WriteOff { target, amount, on } => {
                let (target, amount) = (target_id(target), Fen(*amount));
                let wanted = WriteOff { target, amount, effective_on: *on, memo: memo(), sha256: paper() };
                Ok(json!(write_off::write_off(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::Credit { expense, to, amount, on } => {
                let to = match to {
                    Back::Pool => CreditTo::Pool,
                    Back::Target => CreditTo::Target,
                    Back::Advance => CreditTo::Advance,
                };
                let (expense, amount) = (self.expense(*expense), Fen(*amount));
                let wanted = Credit { expense, to, amount, effective_on: *on, memo: memo(), sha256: paper() };
                Ok(json!(credit(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::Swap { expense, donor, amount, on } => {
                let (expense, donor, amount) = (self.expense(*expense), self.party(*donor), Fen(*amount));
                let wanted = Swap { expense, donor, amount, effective_on: *on, memo: memo() };
                Ok(json!(swap::swap(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::RefundSpent { fund, donor, expense, amount, on } => {
                let wanted = refund::Refund {
                    fund: self.scene.funds[*fund],
                    donor: self.party(*donor),
                    contribution: None,
                    expense: Some(self.expense(*expense)),
                    amount: Fen(*amount),
                    refunded_on: *on,
                    reason: memo(),
                };
                Ok(json!(refund::refund(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::Relot { lot, donor, terms, by: consented_by, on } => {
                let wanted = Relot {
                    lot: id(&self.lots, *lot),
                    donor: donor.map(|donor| self.party(donor)),
                    restriction: terms.map(|terms| self.restriction(terms)),
                    consented_by: self.party(*consented_by),
                    consented_on: *on,
                    sha256: paper(),
                    effective_on: *on,
                    memo: memo(),
                };
                Ok(json!(relot::relot(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::Transfer { from, to, amount, on } => {
                let fund = |number: &usize| id(&self.scene.funds, *number);
                let (from, to, amount) = (fund(from), fund(to), Fen(*amount));
                let wanted = Transfer { from, to, amount, effective_on: *on, memo: memo() };
                Ok(json!(transfer::transfer(tx, by, &self.once(key, operation, &wanted)?, &wanted).await?))
            }
            Operation::Draw { target, alike } => {
                let rule = if *alike { DrawRule::ProRata } else { DrawRule::InOrder };
                project::set_draw(tx, by, target_id(target), rule).await.map(|()| Value::Null)
            }
        }
    }

    /// Notes the ids of what `operation` made, which the oracle has just made too; says what was made otherwise.
    #[must_use]
    pub async fn learn(&mut self, operation: &Operation, answer: &Value, oracle: &Oracle) -> Option<String> {
        let number = |value: &Value| value.as_i64().unwrap();
        match operation {
            Operation::Propose { .. } | Operation::Award { .. } => self.targets.push(TargetId(number(answer))),
            Operation::Offer { .. } => self.pledges.push(PledgeId(number(&answer["pledge"]))),
            Operation::Decide { .. } => self.decisions.push(DecisionId(number(&answer["decision"]))),
            Operation::Pay { .. } => self.expenses.push(number(&answer["expense"])),
            Operation::Refund { .. } | Operation::RefundSpent { .. } => self.refunds.push(number(&answer["refund"])),
            Operation::Relot { .. } => self.lots.push(LotId(number(&answer["child"]))),
            Operation::Receive { .. } => {
                let done: Received = serde_json::from_value(answer.clone()).unwrap();
                self.receipts.push(done.receipt);
                let lots = self.scene.db.sql("SELECT id FROM lot WHERE receipt_id = $1 ORDER BY line_no");
                let lots: Vec<(LotId,)> = lots.bind(done.receipt).all().await.unwrap();
                self.lots.extend(lots.into_iter().map(|(id,)| id));
            }
            _ => {}
        }
        let states = matches!(operation, Operation::Offer { .. } | Operation::Report { .. } | Operation::Match { .. });
        if states {
            let dues = self.scene.db.sql("SELECT pledge_id, id FROM pledge_due ORDER BY pledge_id, due_no");
            let dues: Vec<(PledgeId, DueId)> = dues.all().await.unwrap();
            let own = |pledge: &PledgeId| dues.iter().filter(|(of, _)| of == pledge).map(|(_, due)| *due).collect();
            self.dues = self.pledges.iter().map(own).collect();
        }
        for entry in &oracle.entries[self.entries.len()..] {
            self.entries.push(EntryId((self.scene.funds[entry.fund].0 << 32) | entry.seq));
        }
        if let Some(told) = answer.get("entry") {
            let last = self.entries.last().map(|entry| entry.0);
            if Some(number(told)) != last {
                return Some(format!("the ledger says entry {told}, the model {last:?}"));
            }
        }
        None
    }

    /// What is not as the oracle has it; `None` when all is.
    pub async fn difference(&self, oracle: &Oracle) -> Option<String> {
        let mut expected = BTreeMap::new();
        for (number, lot) in oracle.lots.iter().enumerate() {
            for ((fund, place), amount) in lot.at.iter().filter(|(_, amount)| **amount > 0) {
                let at = (lot.asset == Asset::Kind, self.account(*fund, *place));
                expected.insert((self.lots.get(number).map(|id| id.0), at), *amount);
            }
        }
        let sql = "SELECT h.lot_id, CASE WHEN a.asset = 'KIND' THEN 1 ELSE 0 END, a.fund_id, a.kind, COALESCE(a.target_id, 0), COALESCE(a.expense_id, 0),
                          COALESCE(a.refund_id, 0), h.amount
                   FROM holding h JOIN account a ON a.id = h.account_id WHERE h.amount > 0";
        let rows: Vec<HeldRow> = self.scene.db.sql(sql).all().await.unwrap();
        let place = |kind, target, expense, refund| match kind {
            AccountKind::Expense => (kind, expense),
            AccountKind::Refund => (kind, refund),
            _ => (kind, target),
        };
        let held: BTreeMap<_, i64> = rows
            .into_iter()
            .map(|(lot, goods, fund, kind, target, expense, refund, amount)| {
                ((Some(lot), (goods == 1, (fund, place(kind, target, expense, refund)))), amount)
            })
            .collect();
        if held != expected {
            let wrong: Vec<_> = held.iter().filter(|(at, amount)| expected.get(at) != Some(amount)).take(4).collect();
            let missing: Vec<_> = expected.iter().filter(|(at, amount)| held.get(at) != Some(amount)).take(4).collect();
            return Some(format!("holdings: the ledger has {wrong:?}, the model {missing:?}"));
        }
        let mut balances = BTreeMap::<_, i64>::new();
        for ((_, at), amount) in &expected {
            *balances.entry(*at).or_default() += amount;
        }
        let mut expected = balances;
        for ((fund, is_goods), inside) in &oracle.inside {
            expected.insert((*is_goods, (self.scene.funds[*fund].0, (AccountKind::Outside, 0))), -inside);
        }
        expected.retain(|_, amount| *amount != 0);
        let sql =
            "SELECT CASE WHEN asset = 'KIND' THEN 1 ELSE 0 END, fund_id, kind, COALESCE(target_id, 0), COALESCE(expense_id, 0), COALESCE(refund_id, 0), balance
                   FROM account WHERE balance <> 0";
        let rows: Vec<(i32, i64, AccountKind, i64, i64, i64, i64)> = self.scene.db.sql(sql).all().await.unwrap();
        let balances: BTreeMap<_, i64> = rows
            .into_iter()
            .map(|(goods, fund, kind, target, expense, refund, balance)| {
                ((goods == 1, (fund, place(kind, target, expense, refund))), balance)
            })
            .collect();
        if balances != expected {
            return Some(format!("balances: the ledger has {balances:?}, the model {expected:?}"));
        }
        let sql = "SELECT id, received, state FROM pledge ORDER BY id";
        let pledges: Vec<(PledgeId, i64, PledgeState)> = self.scene.db.sql(sql).all().await.unwrap();
        let known = oracle.pledges.iter().zip(&self.pledges).map(|(pledge, id)| (*id, pledge.received(), pledge.state));
        let mut known: Vec<_> = known.collect();
        known.sort_by_key(|(id, ..)| *id);
        (pledges != known).then(|| {
            let wrong: Vec<_> = pledges.iter().zip(&known).filter(|(one, other)| one != other).take(4).collect();
            format!("pledges: {wrong:?}")
        })
    }

    fn account(&self, fund: usize, place: Place) -> (i64, (AccountKind, i64)) {
        let place = match place {
            Place::Outside => (AccountKind::Outside, 0),
            Place::Transit => (AccountKind::Transit, 0),
            Place::Pool => (AccountKind::Pool, 0),
            Place::Match => (AccountKind::Match, 0),
            Place::Target(target) => (AccountKind::Target, self.targets[target].0),
            Place::Advance(target) => (AccountKind::Advance, self.targets[target].0),
            Place::Expense(expense) => (AccountKind::Expense, self.expenses[expense]),
            Place::Refund(refund) => (AccountKind::Refund, self.refunds[refund]),
            Place::Loss(target) => (AccountKind::Loss, self.targets[target].0),
        };
        (self.scene.funds[fund].0, place)
    }
}
