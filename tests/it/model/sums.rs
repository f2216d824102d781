//! Statements of a random history: they add up among themselves, and with the books they are of.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cobuild::{
    db::{Session, Sql as _},
    fund::head,
    id::{EntryId, FundId, HostId, PartyId},
    ledger::{
        as_of::{self, Cut},
        trace::{self, UseFilter},
    },
    money::Fen,
    page::{Direction, Page},
    statement::{
        Span, Sums, fund as fund_statement, host as host_statement,
        party::{Gifts, Totals, totals},
        store,
    },
};

use super::scene::Scene;

/// What a statement said when it was asked, and by what it is to be had again.
pub struct Kept {
    span: Span,
    said: BTreeMap<PartyId, Totals>,
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Three spans that follow each other and hold every entry, and all of them as one.
fn spans(scene: &Scene) -> [(NaiveDate, NaiveDate); 4] {
    let middle = [day("2026-03-15"), day("2026-03-16"), day("2026-05-01"), day("2026-05-02")];
    let (first, last) = (day("2020-01-01"), scene.today + chrono::Duration::days(4000));
    [(first, middle[0]), (middle[1], middle[2]), (middle[3], last), (first, last)]
}

fn span((from, to): (NaiveDate, NaiveDate), funds: Option<Vec<FundId>>, cut: Cut) -> Span {
    Span { from, to, cut, funds }
}

async fn said(session: &mut Session, scene: &Scene, span: &Span) -> BTreeMap<PartyId, Totals> {
    totals(session, &scene.parties, span).await.unwrap().into_iter().collect()
}

/// Asks for every giver's statement as of now, with the marks that make it the same for ever.
pub async fn keep(scene: &Scene) -> Kept {
    let mut session = scene.db.session().await.unwrap();
    let heads = as_of::heads_of_funds(&mut session, &scene.funds).await.unwrap();
    let marks =
        heads.iter().filter(|head| head.seq > 0).map(|head| EntryId(head::key(head.fund_id, head.seq))).collect();
    let mut span = span(spans(scene)[1], None, Cut::default());
    let now = said(&mut session, scene, &span).await;
    span.cut.marks = Some(marks);
    assert_eq!(said(&mut session, scene, &span).await, now, "the marks of now count what counts now");
    Kept { span, said: now }
}

/// Checks every sum that two statements share.
pub async fn add_up(scene: &Scene, kept: &Kept) {
    let mut session = scene.db.session().await.unwrap();
    assert_eq!(said(&mut session, scene, &kept.span).await, kept.said, "as of a mark nothing changes any more");
    let mut before: BTreeMap<PartyId, Totals> = BTreeMap::new();
    let mut moved = 0;
    for (number, days) in spans(scene).into_iter().enumerate() {
        let all = span(days, None, Cut::default());
        let parties = said(&mut session, scene, &all).await;
        for (party, totals) in &parties {
            moved += usize::from(!totals.money.is_empty());
            if number < 3 {
                let earlier = before.get(party).copied().unwrap_or_default();
                assert_eq!(totals.money.opening, earlier.money.closing(), "{party:?} {days:?}");
                assert_eq!(totals.in_kind.opening, earlier.in_kind.closing(), "{party:?} {days:?}");
            } else {
                assert_eq!(totals.money.closing(), before[party].money.closing(), "{party:?} all in one");
                assert_eq!(totals.money.opening, Fen::ZERO);
            }
        }
        parts(&mut session, scene, &all, &parties).await;
        funds(&mut session, scene, days, &parties).await;
        before = parties;
    }
    assert!(moved > 20, "a history in which nothing moved proves nothing");
    // The last closing is what the roll-up of now says: of cash by kind of place, of goods by account.
    for sum in trace::sums_of_parties(&mut session, &scene.parties, &UseFilter::default()).await.unwrap() {
        use cobuild::ledger::AccountKind::{Advance, Match, Pool, Target};
        if let (true, Some(totals)) =
            (matches!(sum.kind, Pool | Match | Target | Advance), before.get_mut(&PartyId(sum.owner)))
        {
            totals.money.refunded += sum.amount;
        }
    }
    let goods: Vec<(PartyId, Fen)> = session
        .sql(
            "SELECT h.party_id, CAST(SUM(h.amount) AS BIGINT) FROM party_holding h JOIN account a ON a.id = h.account_id
             WHERE a.asset <> 'CNY' AND a.kind IN ('POOL', 'MATCH', 'TARGET', 'ADVANCE') GROUP BY h.party_id",
        )
        .all()
        .await
        .unwrap();
    for (party, amount) in goods {
        before.get_mut(&party).expect("who holds goods gave them").in_kind.refunded += amount;
    }
    for (party, totals) in before {
        assert_eq!((totals.money.closing(), totals.in_kind.closing()), (Fen::ZERO, Fen::ZERO), "{party:?}");
    }
}

/// The gifts, shares and expenses of every giver are the giver's statement.
async fn parts(session: &mut Session, scene: &Scene, span: &Span, parties: &BTreeMap<PartyId, Totals>) {
    for party in &scene.parties {
        let said = parties.get(party).copied().unwrap_or_default();
        let (mut sums, mut spent, mut waiting) = (Vec::<Sums>::new(), Fen::ZERO, Fen::ZERO);
        let mut gifts = Gifts::of(*party);
        loop {
            let some = gifts.next(session, span).await.unwrap();
            if some.is_empty() {
                break;
            }
            for gift in some {
                assert!(!gift.sums.is_empty() || !gift.targets.is_empty() || gift.row.amount.is_positive());
                spent += gift.targets.values().map(|did| did.spent).sum();
                waiting += gift.targets.values().map(|did| did.waiting).sum();
                sums.push(gift.sums);
            }
        }
        let sums: Sums = sums.into_iter().sum();
        assert_eq!(sums, [said.money, said.in_kind].into_iter().sum(), "{party:?} {span:?}");
        assert_eq!(spent, sums.spent());
        let page = Page::start(100_000, Direction::Asc);
        let shares = store::shares_of_parties(&mut *session, &[*party], span, &page).await.unwrap();
        assert_eq!(shares.iter().map(|share| share.spent).sum::<Fen>(), spent);
        assert_eq!(shares.iter().map(|share| share.waiting).sum::<Fen>(), waiting);
        let expenses = store::expenses_of_parties(&mut *session, &[*party], span, &page).await.unwrap();
        assert_eq!(expenses.iter().map(|part| part.amount).sum::<Fen>(), spent);
    }
}

/// The givers of each fund are the fund, and the funds are the host.
async fn funds(
    session: &mut Session,
    scene: &Scene,
    days: (NaiveDate, NaiveDate),
    parties: &BTreeMap<PartyId, Totals>,
) {
    let mut together = Totals::default();
    let mut held = Fen::ZERO;
    for fund in &scene.funds {
        let of = span(days, Some(vec![*fund]), Cut::default());
        let givers = said(session, scene, &of).await;
        let money: Sums = givers.values().map(|totals| totals.money).sum();
        let in_kind: Sums = givers.values().map(|totals| totals.in_kind).sum();
        let (_, statement) = fund_statement::read(session, &[*fund], &of).await.unwrap().remove(0);
        assert_eq!((statement.money.sums, statement.in_kind.sums), (money, in_kind), "{fund:?} {days:?}");
        for side in [&statement.money, &statement.in_kind] {
            assert_eq!(side.income.values().copied().sum::<Fen>(), side.sums.received);
            assert_eq!(side.by_purpose.values().copied().sum::<Fen>(), side.sums.spent());
            assert_eq!(side.by_target.values().copied().sum::<Fen>(), side.sums.spent());
            // A day may fall between a gift and what was booked with an earlier day than it; the end of all does not.
            let is_end = days.1 == spans(scene)[3].1;
            assert!(!is_end || (Fen::ZERO <= side.restricted.1 && side.restricted.1 <= side.sums.closing()));
        }
        together.money = [together.money, money].into_iter().sum();
        together.in_kind = [together.in_kind, in_kind].into_iter().sum();
        held += money.closing();
    }
    let everybody: Sums = parties.values().map(|totals| totals.money).sum();
    assert_eq!(together.money, everybody, "{days:?}");
    let host = host_statement::read(session, HostId(1), &span(days, None, Cut::default())).await.unwrap();
    assert_eq!(host.funds_total(), host.control, "{days:?}");
    assert!(host.days.iter().all(|day| day.funds == day.control), "{days:?}");
    // What is advanced has left the bank, and is held by its givers still.
    let (advanced,): (Fen,) = session
        .sql(
            "SELECT CAST(COALESCE(SUM(CASE WHEN t.kind = 'ADVANCE' THEN p.amount ELSE 0 END
                                    - CASE WHEN f.kind = 'ADVANCE' THEN p.amount ELSE 0 END), 0) AS BIGINT)
             FROM entry e JOIN posting p ON p.entry_id = e.id
             JOIN account f ON f.id = p.source_id JOIN account t ON t.id = p.destination_id
             WHERE e.effective_on <= $1 AND f.asset = 'CNY'",
        )
        .bind(days.1)
        .one()
        .await
        .unwrap();
    assert_eq!(host.control.1 + advanced, held, "{days:?}");
}
