//! The district's rounds of micro-venture grants: one from its call to its last report, one at its road-show.

use chrono::{Days, NaiveDate};

use super::{
    Made, Size,
    council::{Bill, Question, allocate, pay, vote},
    day,
    dice::Dice,
    places::{Account, Gift, Places, give},
    yuan,
};
use crate::{
    committee::MotionKind,
    demo::clerk::{Clerk, sha256},
    error::Result,
    grant::{
        self, ApplicationDraft, Award, Check, CheckOutcome, Contract, ContractDraft, Criterion, EvaluationDraft, Judge,
        JudgeDraft, ObjectionDraft, ObjectionOutcome, Report, ReportKind, Round, RoundDraft, RoundState, Score,
        Settlement, Sheet,
    },
    id::{AreaId, GrantApplicationId, GrantRoundId, PartyId, TargetId},
    money::Fen,
    project::{Evaluator, GrantStage},
    ranking::Place,
};

/// The groups of the register and where they are.
pub type Groups = [(PartyId, AreaId)];

/// The most of one award.
const GRANT_MAX: i64 = 3_000;
/// What judges score by: its name, how often it counts.
const CRITERIA: [(&str, i64); 3] = [("需求 · Need", 3), ("方案 · Plan", 2), ("参与 · Residents' part", 1)];
const SCORE_MAX: i64 = 10;
const JUDGES: usize = 5;
/// The least score with which an evaluation is passed.
const PASS: i64 = 60;

/// An application and its group.
#[derive(Clone, Copy)]
struct Entry {
    application: GrantApplicationId,
    group: PartyId,
    asked: Fen,
}

/// Runs both rounds.
pub async fn run(
    clerk: &mut Clerk<'_>,
    account: &Account,
    places: &Places,
    groups: &Groups,
    size: &Size,
    made: &mut Made,
) -> Result<()> {
    let mut dice = Dice::new(super::SEED + 1_000);
    let mut first = Stage { account, places, dice: &mut dice, opened_on: day(2025, 3, 1) };
    let winners = size.applicants / 2;
    let budget = yuan(GRANT_MAX * i64::try_from(winners).expect("there are few"));
    let round = first.open(clerk, "R2025", budget, &[GrantStage::StartUp], made).await?;
    let starting: Vec<_> =
        groups.iter().take(size.applicants).map(|(group, _)| (*group, GrantStage::StartUp)).collect();
    let entries = first.apply(clerk, &round, &starting, made).await?;
    first.check(clerk, &round, &entries).await?;
    first.score(clerk, &round, &entries, entries.len()).await?;
    let grants = first.award(clerk, &round, &entries, made).await?;
    let mut passed = vec![];
    for (grant, entry) in &grants {
        if first.support(clerk, *grant, *entry, made).await? {
            passed.push((entry.group, GrantStage::Growth));
        }
    }
    // Those that passed apply for the next step, beside others that begin.
    let mut second = Stage { opened_on: day(2026, 4, 1), ..first };
    let stages = [GrantStage::StartUp, GrantStage::Growth];
    let round = second.open(clerk, "R2026", budget, &stages, made).await?;
    let others = groups.iter().skip(size.applicants).take(size.applicants / 2);
    let applying: Vec<_> = passed.into_iter().chain(others.map(|(group, _)| (*group, GrantStage::StartUp))).collect();
    let entries = second.apply(clerk, &round, &applying, made).await?;
    second.check(clerk, &round, &entries).await?;
    // The road-show is half over.
    second.score(clerk, &round, &entries, entries.len() / 2).await
}

struct Stage<'s> {
    account: &'s Account,
    places: &'s Places,
    dice: &'s mut Dice,
    opened_on: NaiveDate,
}

impl Stage<'_> {
    /// So many days after the call.
    fn on(&self, days: u64) -> NaiveDate {
        self.opened_on + Days::new(days)
    }

    async fn open(
        &mut self,
        clerk: &mut Clerk<'_>,
        code: &str,
        budget: Fen,
        stages: &[GrantStage],
        made: &mut Made,
    ) -> Result<Round> {
        let opened_on = self.opened_on;
        // Keys, state and later days are not read.
        let round_id = GrantRoundId(0);
        let round = Round {
            id: round_id,
            fund_id: self.account.fund,
            purpose_id: self.places.purpose("GROUPS"),
            code: code.into(),
            title: format!("公益微创投 {code} · Micro-venture grants"),
            call_text: "面向全区自组织征集项目。 Groups of the whole district may apply.".into(),
            budget,
            grant_max: yuan(GRANT_MAX),
            closes_on: self.on(30).into(),
            objection_days: 7,
            state: RoundState::Call,
            opened_on: opened_on.into(),
            moved_on: opened_on.into(),
            objections_to: None,
            area_path: String::new(),
        };
        let criterion = |(number, (name, weight)): (i64, (&str, i64))| Criterion {
            round_id,
            criterion_no: number,
            name: name.into(),
            weight,
            score_max: SCORE_MAX,
        };
        let judge = |n| JudgeDraft { name: format!("评委 {n} · Judge {n}"), principal: None, party: None };
        let draft = RoundDraft {
            round,
            stages: stages.to_vec(),
            criteria: (1..).zip(CRITERIA).map(criterion).collect(),
            judges: (1..=JUDGES).map(judge).collect(),
        };
        made.rounds += 1;
        let (tx, by) = clerk.on(opened_on);
        grant::open(tx, by, &draft).await
    }

    async fn go(&self, clerk: &mut Clerk<'_>, round: &Round, to: RoundState, days: u64) -> Result<()> {
        let (tx, by) = clerk.on(self.on(days));
        grant::advance(tx, by, round.id, to, self.on(days)).await?;
        Ok(())
    }

    async fn apply(
        &mut self,
        clerk: &mut Clerk<'_>,
        round: &Round,
        groups: &[(PartyId, GrantStage)],
        made: &mut Made,
    ) -> Result<Vec<Entry>> {
        self.go(clerk, round, RoundState::Application, 2).await?;
        let mut entries = vec![];
        for (n, (group, stage)) in groups.iter().enumerate() {
            let draft = ApplicationDraft {
                round: round.id,
                group: *group,
                stage: *stage,
                title: format!("微创投项目 {:02} · Venture {:02}", n + 1, n + 1),
                plan: "居民参与、志愿服务、定期公示。 Residents take part, and all is told.".into(),
                asked: self.dice.hundreds(15, GRANT_MAX / 100),
                residents: self.dice.roll(30, 200),
                submitted_on: self.on(10),
            };
            let (tx, by) = clerk.on(self.on(10));
            let application = grant::submit(tx, by, &draft).await?;
            entries.push(Entry { application: application.id, group: *group, asked: draft.asked });
            made.applications += 1;
        }
        Ok(entries)
    }

    /// Passes them all, the first after it was sent back once.
    async fn check(&mut self, clerk: &mut Clerk<'_>, round: &Round, entries: &[Entry]) -> Result<()> {
        self.go(clerk, round, RoundState::Check, 31).await?;
        let look = |entry: &Entry, outcome, on: NaiveDate| Check {
            application_id: entry.application,
            outcome,
            reason: "材料齐全。 The papers are complete.".into(),
            checked_on: on.into(),
        };
        for entry in entries {
            let (tx, by) = clerk.on(self.on(35));
            grant::check(tx, by, &look(entry, CheckOutcome::Passed, self.on(35))).await?;
        }
        self.go(clerk, round, RoundState::RoadShow, 40).await
    }

    /// Every judge scores the first so many.
    async fn score(&mut self, clerk: &mut Clerk<'_>, round: &Round, entries: &[Entry], many: usize) -> Result<()> {
        let (tx, by) = clerk.on(self.on(42));
        let judges: Vec<Judge> = grant::store::judges_of(&mut *tx, &[round.id]).await?;
        for entry in entries.iter().take(many) {
            for judge in &judges {
                let score = |(criterion_no, _)| Score {
                    application_id: entry.application,
                    judge_id: judge.id,
                    criterion_no,
                    score: self.dice.roll(5, SCORE_MAX),
                };
                let scores = (1..).zip(CRITERIA).map(score).collect();
                let sheet = Sheet { application: entry.application, judge: judge.id, scores };
                grant::score(tx, by, &sheet).await?;
            }
        }
        Ok(())
    }

    /// Publishes the ranking, dismisses the one objection, and awards what is within the budget.
    async fn award(
        &mut self,
        clerk: &mut Clerk<'_>,
        round: &Round,
        entries: &[Entry],
        made: &mut Made,
    ) -> Result<Vec<(TargetId, Entry)>> {
        self.go(clerk, round, RoundState::Objection, 45).await?;
        let draft = ObjectionDraft {
            application: entries[0].application,
            objection: "与已有活动重复。 It is like one that exists.".into(),
            raised_on: self.on(47),
        };
        let (tx, by) = clerk.on(self.on(47));
        let objection = grant::object(tx, by, &draft).await?.id;
        let (outcome, answer) = (ObjectionOutcome::Dismissed, "对象和时段不同。 It is for others.".to_owned());
        let (tx, by) = clerk.on(self.on(49));
        grant::settle(tx, by, &Settlement { objection, outcome, answer, settled_on: self.on(49) }).await?;
        self.go(clerk, round, RoundState::Award, 55).await?;
        let (tx, _) = clerk.on(self.on(56));
        let ranking = grant::rank(&grant::store::scored_of(&mut *tx, &[round.id]).await?, round.budget);
        let mut grants = vec![];
        for (n, ranked) in (1..).zip(ranking.iter().filter(|one| one.place == Place::Within)) {
            let won = entries.iter().find(|entry| entry.application == ranked.scored.application_id);
            let entry = *won.expect("the ranking is of these");
            let (code, on) = (format!("{}-{n:02}", round.code), self.on(56));
            let award = Award { application: entry.application, code, amount: entry.asked, awarded_on: on };
            let key = format!("{}/award/{}", self.account.code, award.code);
            let (tx, by, once) = clerk.once(on, &key, "grantApplicationAward", &award)?;
            grant::award(tx, by, &once, &award).await?;
            let found = grant::store::applications_by_ids(&mut *tx, &[entry.application]).await?.pop();
            let target = found.and_then(|application| application.target_id).expect("it was awarded");
            grants.push((target, entry));
            made.grants += 1;
        }
        self.go(clerk, round, RoundState::Closed, 57).await?;
        Ok(grants)
    }

    /// Resolves a grant, signs it, pays it in two parts and ends it; says whether its evaluation was passed.
    async fn support(&mut self, clerk: &mut Clerk<'_>, grant: TargetId, entry: Entry, made: &mut Made) -> Result<bool> {
        let mut clerk = clerk.desk(self.on(60));
        let key = format!("G{}", grant.0);
        let ask = Question { target: grant, amount: entry.asked, kind: MotionKind::Grant, key: &key, on: self.on(60) };
        let decision = vote(&mut clerk, self.account, &ask, made).await?;
        allocate(&mut clerk, self.account, &ask, decision).await?;
        let half = Fen(entry.asked.0 / 200 * 100);
        let file = |what: &str| (format!("{key}-{what}.pdf"), sha256(&format!("{key}-{what}")));
        let (name, sha) = file("contract");
        let contract = Contract { target_id: grant, signed_on: self.on(63), name, sha256: sha, pass_score: PASS };
        let tranches = vec![(half, self.on(65), None), (entry.asked - half, self.on(150), Some(ReportKind::Midterm))];
        let draft = ContractDraft { contract, tranches };
        let (tx, by, once) = clerk.once(self.on(63), &format!("{}/sign/{key}", self.account.code), "sign", &draft)?;
        grant::sign(tx, by, &once, &draft).await?;
        let served = self.dice.roll(30, 150);
        let parts = [(half, ReportKind::Midterm, 70, 140), (entry.asked - half, ReportKind::Closing, 160, 240)];
        for (amount, kind, paid, reported) in parts {
            let (bill, note) = (format!("{key}-{kind:?}"), "活动物料 · Material");
            let bill =
                Bill { target: grant, payee: self.places.association, amount, note, key: &bill, on: self.on(paid) };
            pay(&mut clerk, self.account, &bill, made).await?;
            let (name, sha256) = file(&format!("{kind:?}"));
            let report = Report {
                target_id: grant,
                kind,
                reported_on: self.on(reported).into(),
                summary: "按计划开展。 It went as planned.".into(),
                served,
                name,
                sha256,
            };
            let (tx, by) = clerk.on(self.on(reported));
            grant::report(tx, by, &report).await?;
        }
        let score = self.dice.roll(PASS - 10, 98);
        let evaluation = EvaluationDraft {
            target_id: grant,
            evaluator: Evaluator::ThirdParty,
            evaluated_on: self.on(260).into(),
            evaluated_by: "第三方评估 · Third party".into(),
            score,
            sha256: file("evaluation").1,
        };
        let (tx, by) = clerk.on(self.on(260));
        grant::evaluate(tx, by, &evaluation).await?;
        let (tx, by) = clerk.on(self.on(270));
        grant::close(tx, by, grant).await?;
        self.feed_back(&mut clerk, &key, entry, made).await?;
        Ok(score >= PASS)
    }

    /// What a group gives back from its sales.
    async fn feed_back(&mut self, clerk: &mut Clerk<'_>, key: &str, entry: Entry, made: &mut Made) -> Result<()> {
        let gift = Gift {
            key: format!("{}/back/{key}", self.account.code),
            note: "义卖反哺 · From what it sold",
            on: self.on(280),
        };
        let line = (entry.group, self.dice.yuan(100, 600));
        give(clerk, self.account.fund, &gift, &[line], made).await
    }
}
