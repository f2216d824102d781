//! The projects of a pilot: proposed, resolved, done, paid, accepted, evaluated and closed.

use super::{
    Made, Size,
    council::{Bill, Question, allocate, paper, pay, vote},
    notices,
    pilot::{Pilot, Quarter},
    yuan,
};
use crate::{
    bank::{
        self, LineDraft, Owner,
        matching::{Match, matched},
    },
    committee::MotionKind,
    demo::clerk::{Clerk, sha256},
    error::Result,
    id::TargetId,
    money::Fen,
    pledge::claim,
    project::{
        self, Acceptance, AcceptanceDraft, AcceptanceOutcome, BudgetLine, ClosingReport, Evaluation, EvaluationDraft,
        EvaluationScore, Evaluator, ExternalDraft, ExternalSource, FundingGoal, FundingPart, FundingSource,
        MilestoneDraft, Paper, ProjectState, Proposal, store,
    },
};

/// What is done: its title and the code of its purpose.
const KINDS: [(&str, &str); 8] = [
    ("楼道照明 · Lamps on the stairs", "SAFETY"),
    ("口袋花园 · Pocket garden", "ENVIRONMENT"),
    ("长者助浴椅 · Bathing seats", "ELDERLY"),
    ("儿童阅读角 · Reading corner", "CHILDREN"),
    ("无障碍坡道 · Ramp", "SAFETY"),
    ("邻里议事亭 · Meeting pavilion", "CULTURE"),
    ("垃圾分类亭 · Sorting station", "ENVIRONMENT"),
    ("楼道歇脚凳 · Seats on the stairs", "ELDERLY"),
];

/// What one unit of a project that may be claimed is worth, in yuan, and how many there are.
pub const UNIT: (i64, i64) = (200, 5);

/// A project on its way.
pub struct Work {
    /// The project.
    pub target: TargetId,
    /// Its code in the fund.
    pub code: String,
    /// What the fund adds of its own.
    pub own: Fen,
    /// What households pay through the fund.
    pub copay: Fen,
    /// What was claimed of it.
    pub claimed: Fen,
    /// What partners pay beside the fund.
    pub beside: Fen,
    /// How many residents it serves.
    pub residents: i64,
}

impl Work {
    /// What goes through the fund.
    fn through(&self) -> Fen {
        self.own + self.copay + self.claimed
    }
}

/// Proposes the projects of a quarter: for the first, households pay a part; the second may be claimed.
pub async fn propose(
    clerk: &mut Clerk<'_>,
    pilot: &mut Pilot<'_>,
    quarter: Quarter,
    size: &Size,
    made: &mut Made,
) -> Result<Vec<Work>> {
    let mut works = vec![];
    for number in 0..size.projects {
        let (title, purpose) = pilot.dice.pick(&KINDS);
        let work = Work {
            // The key is the database's.
            target: TargetId(0),
            code: format!("P{:02}", quarter.number * size.projects + number + 1),
            own: pilot.dice.hundreds(5, 14),
            copay: if number == 0 { yuan(100) } else { Fen::ZERO },
            claimed: Fen::ZERO,
            beside: pilot.dice.hundreds(1, 30),
            residents: pilot.dice.roll(60, 400),
        };
        let copay = Fen(work.copay.0 * i64::try_from(pilot.people.households.len()).expect("a short list"));
        let room = if number == 1 { yuan(UNIT.0 * UNIT.1) } else { Fen::ZERO };
        let work = Work { copay, ..work };
        let proposal = proposal(pilot, quarter, &work, room, (title, purpose));
        let (tx, by) = clerk.on(proposal.proposed_on);
        let target = project::propose(tx, by, &proposal).await?.id;
        if room.is_positive() {
            claim::open(tx, by, target, UNIT.1, yuan(UNIT.0)).await?;
        }
        made.projects += 1;
        works.push(Work { target, ..work });
    }
    Ok(works)
}

fn proposal(pilot: &Pilot<'_>, quarter: Quarter, work: &Work, room: Fen, kind: (&str, &str)) -> Proposal {
    // The project is the database's to name; what is given here is not read.
    let project_id = TargetId(0);
    let whole = work.own + work.copay + room + work.beside;
    let material = Fen(whole.0 / 100 * 3 / 5 * 100);
    let line = |label: &str, amount| BudgetLine { project_id, label: label.into(), amount };
    let part = |source, amount| FundingPart { project_id, source, amount };
    let parts = [
        part(FundingSource::Fund, work.own),
        part(FundingSource::Residents, work.copay),
        part(FundingSource::Partners, room + work.beside),
    ];
    let milestone = |title: &str, due_on| MilestoneDraft { title: title.into(), due_on, weight: 1 };
    Proposal {
        fund: pilot.account.fund,
        area: pilot.account.area,
        purpose: pilot.places.purpose(kind.1),
        code: work.code.clone(),
        title: kind.0.into(),
        summary: format!("{}。居民提出,多方共筹。 Proposed by residents, paid together.", kind.0),
        residents: work.residents,
        proposed_on: quarter.on(3),
        budget: vec![line("材料 · Material", material), line("人工 · Labour", whole - material)],
        plan: parts.into_iter().filter(|part| part.amount.is_positive()).collect(),
        goal: work.copay.is_positive().then(|| FundingGoal {
            project_id,
            minimum: work.copay,
            deadline: quarter.on(24).into(),
        }),
        milestones: vec![milestone("开工 · Begun", quarter.on(35)), milestone("完工 · Finished", quarter.on(150))],
    }
}

/// Resolves what a quarter's projects get, moves it and begins; the first is voted on, the others came on paper, and
/// the last of each third quarter is not wanted.
pub async fn begin(
    clerk: &mut Clerk<'_>,
    pilot: &Pilot<'_>,
    quarter: Quarter,
    works: &[Work],
    made: &mut Made,
) -> Result<()> {
    for (number, work) in works.iter().enumerate() {
        let (target, amount, key) = (work.target, work.through(), work.code.as_str());
        if number + 1 == works.len() && quarter.number % 3 == 2 {
            let (tx, by) = clerk.on(quarter.on(25));
            project::advance(tx, by, target, ProjectState::Rejected, quarter.on(25)).await?;
            continue;
        }
        let ask = Question { target, amount, kind: MotionKind::Project, key, on: quarter.on(25) };
        let decision = match number {
            0 => vote(clerk, pilot.account, &ask, made).await?,
            _ => paper(clerk, pilot.account, &ask, made).await?,
        };
        let (tx, by) = clerk.on(quarter.on(25));
        project::advance(tx, by, target, ProjectState::Approved, quarter.on(25)).await?;
        allocate(clerk, pilot.account, &Question { on: quarter.on(26), ..ask }, decision).await?;
        let (tx, by) = clerk.on(quarter.on(30));
        project::advance(tx, by, target, ProjectState::Underway, quarter.on(30)).await?;
        reach(clerk, target, 0, quarter.on(31)).await?;
    }
    Ok(())
}

/// Records that a project reached its first (0) or second (1) milestone.
async fn reach(clerk: &mut Clerk<'_>, project: TargetId, which: usize, on: chrono::NaiveDate) -> Result<()> {
    let (tx, by) = clerk.on(on);
    let milestone = store::milestones_of(&mut *tx, &[project]).await?[which].id;
    project::milestone_reach(tx, by, milestone, on).await?;
    Ok(())
}

/// Pays the projects of the quarter before, has them accepted and evaluated, closes and publishes them. The last one
/// of a quarter is still to be evaluated.
pub async fn finish(
    clerk: &mut Clerk<'_>,
    pilot: &mut Pilot<'_>,
    quarter: Quarter,
    works: &[Work],
    made: &mut Made,
) -> Result<()> {
    let Some(proposed) = quarter.before() else { return Ok(()) };
    let mut lines = vec![];
    let mut entries = vec![];
    for (number, work) in works.iter().enumerate() {
        if number + 1 == works.len() && proposed.number % 3 == 2 {
            continue;
        }
        let material = Fen(work.through().0 / 100 * 3 / 5 * 100);
        let bills = [(material, "材料 · Material", 36), (work.through() - material, "人工 · Labour", 40)];
        for (n, (amount, note, after)) in (1..).zip(bills) {
            let payee = pilot.dice.pick(&pilot.people.vendors);
            let (key, on) = (format!("{}-{n}", work.code), quarter.on(after));
            let bill = Bill { target: work.target, payee, amount, note, key: &key, on };
            entries.push(pay(clerk, pilot.account, &bill, made).await?.entry);
            lines.push(LineDraft {
                account: format!("{} 专户", pilot.account.code),
                reference: key,
                booked_on: on,
                amount: -amount,
                counterparty: format!("供应商 · Vendor {n}"),
                note: note.into(),
            });
        }
        end(clerk, pilot, quarter, work, number + 1 < works.len()).await?;
        if number + 1 < works.len() {
            notices::publish_project(clerk, pilot.account, work.target, proposed.on(3), quarter.on(65), made).await?;
        }
    }
    let (tx, by) = clerk.on(quarter.on(80));
    let recorded = bank::record(tx, by, Owner::Fund(pilot.account.fund), &lines).await?;
    // The last payment waits for whoever compares the statement.
    for (line, entry) in recorded.into_iter().zip(&entries).take(entries.len().saturating_sub(1)) {
        let (lines, entries) = (vec![line?.line], vec![*entry]);
        matched(tx, by, &Match { lines, entries, note: String::new() }).await?;
    }
    Ok(())
}

async fn end(clerk: &mut Clerk<'_>, pilot: &mut Pilot<'_>, quarter: Quarter, work: &Work, whole: bool) -> Result<()> {
    let file = |what: &str| sha256(&format!("{}-{}-{what}", pilot.account.code, work.code));
    let target = work.target;
    reach(clerk, target, 1, quarter.on(45)).await?;
    let draft = ExternalDraft {
        target,
        source: ExternalSource::Partners,
        amount: work.beside,
        paid_on: quarter.on(44),
        sha256: file("receipts"),
    };
    let (tx, by) = clerk.on(quarter.on(45));
    project::external_funding_record(tx, by, &draft).await?;
    let (tx, by) = clerk.on(quarter.on(46));
    project::advance(tx, by, target, ProjectState::Completed, quarter.on(46)).await?;
    let (outcome, who) = (AcceptanceOutcome::Accepted, "居民监督小组 · Residents' watch".to_owned());
    let acceptance = AcceptanceDraft {
        acceptance: Acceptance::new(target, outcome, quarter.on(50), who, "符合要求。 As asked for.".into()),
        papers: vec![Paper { acceptance_id: 0, name: "验收单.pdf".into(), sha256: file("acceptance") }],
    };
    let (tx, by) = clerk.on(quarter.on(50));
    project::accept(tx, by, &acceptance).await?;
    if !whole {
        return Ok(());
    }
    let respondents = pilot.dice.roll(20, 80);
    let score = |criterion: &str, of_ten: i64| EvaluationScore {
        project_id: target,
        criterion: criterion.into(),
        score_sum: respondents * of_ten,
    };
    let scores = vec![score("有用 · Use", pilot.dice.roll(7, 10)), score("质量 · Quality", pilot.dice.roll(6, 10))];
    let evaluation = Evaluation {
        project_id: target,
        evaluator: Evaluator::Residents,
        evaluated_on: quarter.on(58).into(),
        evaluated_by: "居民问卷 · Residents' sheets".into(),
        respondents,
        score_max: 10,
        sha256: file("sheets"),
    };
    let (tx, by) = clerk.on(quarter.on(58));
    project::evaluate(tx, by, &EvaluationDraft { evaluation, scores }).await?;
    let report = ClosingReport {
        project_id: target,
        reported_on: quarter.on(64).into(),
        summary: "已完工并移交社区管理。 Done and handed over to the community.".into(),
        served: work.residents + pilot.dice.roll(-20, 40),
        name: "结项报告.pdf".into(),
        sha256: file("report"),
    };
    let (tx, by) = clerk.on(quarter.on(64));
    project::close(tx, by, &report).await?;
    Ok(())
}
