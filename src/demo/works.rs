//! The sample's 21 projects and its micro-grant: how they begin and how they end.

use super::{
    clerk::{Clerk, sha256},
    day,
    people::People,
    places::{Books, Places},
    yuan,
};
use crate::{
    error::Result,
    id::TargetId,
    money::Fen,
    project::{
        self, BudgetLine, ExternalDraft, ExternalSource, FundingGoal, FundingPart, FundingSource, GrantDraft,
        GrantStage, MilestoneDraft, ProjectState, Proposal, grant_award, store,
    },
};

/// One project as it was proposed.
struct Work {
    title: &'static str,
    purpose: &'static str,
    /// Its compound, counted from 1; 0 for the whole community.
    compound: usize,
    residents: i64,
    /// Yuan paid beside the fund by residents, by partners and by others.
    external: [i64; 3],
}

/// Yuan of the fund and its match in the first project.
const WINDOWS_FUND: i64 = 6_000;
/// Yuan that the households of the first project pay through the fund.
const WINDOWS_COPAY: i64 = 12_000;
/// Yuan of the fund in each other project.
pub const FUND_PART: i64 = 700;

const fn work(title: &'static str, purpose: &'static str, compound: usize, residents: i64, external: [i64; 3]) -> Work {
    Work { title, purpose, compound, residents, external }
}

/// The projects P01 to P21. Their residents add up to 5,500 and what was paid beside the fund to 108,000
/// yuan, so that 20,000 of the fund's own moved 140,000 in all, as published.
const WORKS: [Work; 21] = [
    work("共筑晴窗 · Clear windows", "HOUSING-WINDOWS", 1, 320, [0, 3000, 5000]),
    work("长者助浴椅 · Bathing seats", "ELDERLY", 2, 180, [1200, 2800, 0]),
    work("长者食堂餐具 · Tableware for the canteen", "ELDERLY-MEALS", 0, 420, [0, 3500, 2500]),
    work("楼道歇脚凳 · Seats on the stairs", "ELDERLY", 3, 260, [1500, 1500, 1000]),
    work("口袋花园 · Pocket garden", "ENVIRONMENT", 4, 310, [2000, 2000, 2000]),
    work("儿童阅读角 · Reading corner", "CHILDREN", 0, 240, [500, 4500, 0]),
    work("电动车充电棚 · Charging shed", "SAFETY", 5, 350, [3000, 3000, 2000]),
    work("楼道照明 · Lamps on the stairs", "SAFETY", 6, 280, [1800, 1200, 0]),
    work("垃圾分类亭 · Sorting station", "ENVIRONMENT", 7, 330, [0, 2500, 2500]),
    work("公共晾衣架 · Drying racks", "ENVIRONMENT", 8, 210, [1600, 1400, 0]),
    work("门口雨棚 · Rain canopy", "SAFETY", 9, 260, [2200, 1800, 1000]),
    work("无障碍坡道 · Ramp", "SAFETY", 10, 290, [1500, 2000, 2500]),
    work("邻里议事亭 · Meeting pavilion", "CULTURE", 11, 300, [1000, 3000, 2000]),
    work("童画墙 · Wall painting", "CULTURE", 12, 190, [500, 1500, 1000]),
    work("假日课堂 · Holiday class", "CHILDREN", 0, 230, [0, 4000, 1000]),
    work("消防器材箱 · Fire-fighting boxes", "SAFETY", 13, 340, [1000, 2000, 3000]),
    work("健身角 · Fitness corner", "ENVIRONMENT", 14, 320, [2500, 2500, 2000]),
    work("宠物便民箱 · Boxes for dog walkers", "ENVIRONMENT", 15, 150, [800, 1200, 0]),
    work("排水沟修整 · Drains", "ENVIRONMENT", 2, 270, [2600, 1400, 2000]),
    work("共享工具站 · Tool station", "CULTURE", 0, 130, [0, 3000, 1000]),
    work("邻里节舞台 · Festival stage", "CULTURE", 0, 120, [1000, 3500, 1500]),
];

/// The last project that is closed at the end, the last completed and the last underway; the rest is approved.
const CLOSED_TO: usize = 4;
const COMPLETED_TO: usize = 18;
const UNDERWAY_TO: usize = 20;

/// The projects in order, and the micro-grant.
pub struct Works {
    projects: Vec<TargetId>,
    /// The micro-grant.
    pub grant: TargetId,
}

impl Works {
    /// The project of this number, from 1.
    pub fn project(&self, number: usize) -> TargetId {
        self.projects[number - 1]
    }

    /// The projects with their numbers.
    pub fn projects(&self) -> impl Iterator<Item = (usize, TargetId)> {
        (1..).zip(self.projects.iter().copied())
    }
}

/// Proposes the projects and awards the micro-grant.
pub async fn propose(clerk: &mut Clerk<'_>, places: &Places, people: &People, books: &Books) -> Result<Works> {
    let mut projects = vec![];
    for (number, work) in (1..).zip(&WORKS) {
        let proposal = proposal(places, books, number, work);
        let (tx, by) = clerk.on(proposal.proposed_on);
        projects.push(project::propose(tx, by, &proposal).await?.id);
    }
    let grant = GrantDraft {
        fund: books.fund,
        group: people.of("G1"),
        purpose: books.purpose("GROUPS"),
        code: "G1".into(),
        title: "花友会起步资助 · Start of the garden group".into(),
        stage: GrantStage::StartUp,
        residents: 60,
        awarded_on: day(3, 12),
        awarded: None,
    };
    let (tx, by) = clerk.on(grant.awarded_on);
    let grant = grant_award(tx, by, &grant).await?.id;
    Ok(Works { projects, grant })
}

fn proposal(places: &Places, books: &Books, number: usize, work: &Work) -> Proposal {
    let [residents, partners, other] = work.external;
    let (fund, copay) = if number == 1 { (WINDOWS_FUND, WINDOWS_COPAY) } else { (FUND_PART, 0) };
    let parts = [
        (FundingSource::Fund, fund),
        (FundingSource::Residents, copay + residents),
        (FundingSource::Partners, partners),
        (FundingSource::Other, other),
    ];
    let whole: i64 = parts.iter().map(|(_, part)| part).sum();
    let material = whole * 3 / 5;
    // The project is the database's to name; what is given here is not read.
    let project_id = TargetId(0);
    let line = |label: &str, amount| BudgetLine { project_id, label: label.into(), amount: yuan(amount) };
    let part = |&(source, amount): &(FundingSource, i64)| FundingPart { project_id, source, amount: yuan(amount) };
    let milestone = |title: &str, due_on| MilestoneDraft { title: title.into(), due_on, weight: 1 };
    Proposal {
        fund: books.fund,
        area: work.compound.checked_sub(1).map_or(places.community, |at| places.compounds[at]),
        purpose: books.purpose(work.purpose),
        code: format!("P{number:02}"),
        title: work.title.into(),
        summary: format!(
            "{}。由居民提出,基金出一部分,其余由居民、共建单位和其他来源共筹。 Proposed by residents; the fund pays a part, \
             residents, partner units and others the rest.",
            work.title
        ),
        residents: work.residents,
        proposed_on: day(3, 10),
        budget: vec![line("材料 · Material", material), line("人工 · Labour", whole - material)],
        plan: parts.iter().filter(|(_, amount)| *amount > 0).map(part).collect(),
        // What the households pay is there before the windows are ordered.
        goal: (copay > 0).then(|| FundingGoal { project_id, minimum: yuan(copay), deadline: day(4, 18).into() }),
        milestones: vec![milestone("开工 · Begun", day(4, 25)), milestone("完工 · Finished", day(5, 31))],
    }
}

/// Moves every project to `Underway` that gets so far.
pub async fn begin(clerk: &mut Clerk<'_>, works: &Works) -> Result<()> {
    for (_, target) in works.projects().take(UNDERWAY_TO) {
        let (tx, by) = clerk.on(day(4, 20));
        project::advance(tx, by, target, ProjectState::Underway, day(4, 20)).await?;
        reach(clerk, target, 0).await?;
    }
    Ok(())
}

/// Records what was paid beside the fund, and completes and closes what is done.
pub async fn finish(clerk: &mut Clerk<'_>, works: &Works) -> Result<()> {
    for ((number, target), work) in works.projects().zip(&WORKS) {
        if number <= COMPLETED_TO {
            reach(clerk, target, 1).await?;
            let (tx, by) = clerk.on(day(5, 28));
            project::advance(tx, by, target, ProjectState::Completed, day(5, 28)).await?;
        }
        if (2..=CLOSED_TO).contains(&number) {
            let (tx, by) = clerk.on(day(6, 15));
            project::advance(tx, by, target, ProjectState::Closed, day(6, 15)).await?;
        }
        let sources = [ExternalSource::Residents, ExternalSource::Partners, ExternalSource::Other];
        for (source, amount) in sources.into_iter().zip(work.external) {
            if amount == 0 {
                continue;
            }
            let sha256 = sha256(&format!("P{number:02}-{source:?}-receipts.pdf"));
            let draft = ExternalDraft { target, source, amount: yuan(amount), paid_on: day(5, 30), sha256 };
            let (tx, by) = clerk.on(day(6, 20));
            project::external_funding_record(tx, by, &draft).await?;
        }
    }
    Ok(())
}

/// Records that a project reached its first (0) or second (1) milestone.
async fn reach(clerk: &mut Clerk<'_>, project: TargetId, which: usize) -> Result<()> {
    let on = [day(4, 22), day(5, 27)][which];
    let (tx, by) = clerk.on(on);
    let milestone = store::milestones_of(&mut *tx, &[project]).await?[which].id;
    project::milestone_reach(tx, by, milestone, on).await?;
    Ok(())
}

/// The code of the vendor that is paid for a project, the windows aside.
pub fn payee(number: usize) -> &'static str {
    match WORKS[number - 1].purpose {
        "CHILDREN" | "CULTURE" => "V4",
        _ => "V3",
    }
}

/// How much the committee allows each target from the pool.
pub fn allowed(number: usize) -> Fen {
    // The match goes to the windows without passing the pool.
    if number == 1 { yuan(WINDOWS_FUND - 1_000 + WINDOWS_COPAY) } else { yuan(FUND_PART) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projects_add_up_to_what_was_published() {
        assert_eq!(WORKS.iter().map(|work| work.residents).sum::<i64>(), 5_500);
        assert_eq!(WORKS.iter().flat_map(|work| work.external).sum::<i64>(), 108_000);
    }
}
