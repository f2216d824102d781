//! The district's proposal contest: called, scored by judges and residents, its winners projects.

use chrono::NaiveDate;

use super::{
    Made, Size, day,
    dice::Dice,
    places::{Account, Places},
    rounds::Groups,
    yuan,
};
use crate::{
    contest::{
        self, ContestCriterion, ContestDraft, ContestState, Counted, EntryDraft, JudgeDraft, Sheet, store::criteria_of,
    },
    demo::clerk::{Clerk, sha256},
    error::Result,
    id::{ContestId, ContestProposalId, TargetId},
    project::{BudgetLine, MilestoneDraft, Proposal},
};

/// What is proposed, and the code of its purpose.
const IDEAS: [(&str, &str); 6] = [
    ("午间助餐点 · Meals at noon", "ELDERLY"),
    ("共享菜园 · Shared garden", "ENVIRONMENT"),
    ("假日自习室 · Study room", "CHILDREN"),
    ("邻里工具箱 · Tool box", "CULTURE"),
    ("雨天借伞站 · Umbrella stand", "SAFETY"),
    ("楼道画廊 · Gallery on the stairs", "CULTURE"),
];

/// What is scored, and how often it counts.
const CRITERIA: [(&str, i64); 3] = [("有用 · Use", 3), ("可行 · Feasible", 2), ("新意 · New", 1)];
const SCORE_MAX: i64 = 10;
const JUDGES: usize = 5;
const OPENED_ON: NaiveDate = day(2025, 9, 1);
const CLOSED_ON: NaiveDate = day(2025, 11, 20);

/// Runs the contest from its call to the projects that won.
pub async fn run(
    clerk: &mut Clerk<'_>,
    account: &Account,
    places: &Places,
    groups: &Groups,
    size: &Size,
    made: &mut Made,
) -> Result<()> {
    let mut dice = Dice::new(super::SEED + 2_000);
    // The database's keys; what is given here is not read.
    let contest_id = ContestId(0);
    let criterion = |(criterion_no, (name, weight)): (i64, (&str, i64))| ContestCriterion {
        contest_id,
        criterion_no,
        name: name.into(),
        weight,
        score_max: SCORE_MAX,
    };
    let judge = |n| JudgeDraft { name: format!("评委 {n} · Judge {n}"), principal: None, party: None };
    let draft = ContestDraft {
        fund: account.fund,
        code: "IDEAS-2025".into(),
        title: "公益提案大赛 2025 · Proposal contest".into(),
        call_text: "身边缺什么,由居民提。 What is missing around you?".into(),
        budget: yuan(2_000 * i64::try_from(size.proposals).expect("there are few")),
        judges_percent: 60,
        proposals_to: day(2025, 9, 30),
        opened_on: OPENED_ON,
        criteria: (1..).zip(CRITERIA).map(criterion).collect(),
        judges: (1..=JUDGES).map(judge).collect(),
    };
    let mut clerk = clerk.desk(OPENED_ON);
    let (tx, by) = clerk.on(OPENED_ON);
    let contest = contest::open(tx, by, &draft).await?;
    let mut proposals = vec![];
    for number in 0..size.proposals {
        let (party, area) = groups[number * 7 % groups.len()];
        let draft =
            EntryDraft { contest: contest.id, party, proposal: proposal(account, places, &mut dice, area, number) };
        let (tx, by) = clerk.on(day(2025, 9, 15));
        proposals.push(contest::propose(tx, by, &draft).await?.id);
        made.proposals += 1;
    }
    let (tx, by) = clerk.on(day(2025, 10, 8));
    contest::advance(tx, by, contest.id, ContestState::Scoring, day(2025, 10, 8)).await?;
    for proposal in proposals {
        score(&mut clerk, contest.id, proposal, &mut dice).await?;
    }
    let (tx, by) = clerk.on(CLOSED_ON);
    contest::close(tx, by, contest.id, CLOSED_ON).await?;
    Ok(())
}

fn proposal(account: &Account, places: &Places, dice: &mut Dice, area: crate::id::AreaId, number: usize) -> Proposal {
    let (title, purpose) = IDEAS[number % IDEAS.len()];
    let project_id = TargetId(0);
    let line = |label: &str, amount| BudgetLine { project_id, label: label.into(), amount };
    Proposal {
        fund: account.fund,
        area,
        purpose: places.purpose(purpose),
        code: String::new(),
        title: format!("{title} {}", number + 1),
        summary: "由居民小组提出并参与实施。 Proposed by residents, who take part.".into(),
        residents: dice.roll(40, 300),
        proposed_on: day(2025, 9, 15),
        budget: vec![line("材料 · Material", dice.yuan(1_500, 4_000)), line("人工 · Labour", dice.yuan(500, 1_500))],
        plan: vec![],
        goal: None,
        milestones: vec![MilestoneDraft { title: "完工 · Finished".into(), due_on: day(2026, 9, 30), weight: 1 }],
    }
}

async fn score(clerk: &mut Clerk<'_>, contest: ContestId, proposal: ContestProposalId, dice: &mut Dice) -> Result<()> {
    let (tx, by) = clerk.on(day(2025, 11, 5));
    let criteria = criteria_of(&mut *tx, &[contest]).await?;
    for judge_no in 1..=i64::try_from(JUDGES).expect("there are few") {
        let scores = criteria.iter().map(|one| (one.criterion_no, dice.roll(4, SCORE_MAX))).collect();
        contest::score(tx, by, &Sheet { proposal, judge_no, scores }).await?;
    }
    let respondents = dice.roll(50, 200);
    let counted = Counted {
        proposal_id: proposal,
        respondents,
        counted_on: day(2025, 11, 5).into(),
        sha256: sha256(&format!("sheets-{}", proposal.0)),
    };
    let sums: Vec<_> = criteria.iter().map(|one| (one.criterion_no, respondents * dice.roll(4, 9))).collect();
    contest::count(tx, by, &counted, &sums).await?;
    Ok(())
}
