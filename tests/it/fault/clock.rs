//! The clock jumps ahead, stands still, runs backwards and crosses a leap day: the order is the journal's numbers.

use chrono::{DateTime, Utc};
use cobuild::{
    clock::Clock,
    contribution::{self, Line, Receive, Received, Settles},
    db::Sql as _,
    ledger::{Asset, document::LotClass, idem::Once, verify},
    money::Fen,
    viewer,
};

use crate::{model::scene::Scene, support::on_both};

/// The instants, in the order in which gifts are booked, and the day in China that each is.
const INSTANTS: [(&str, &str); 10] = [
    ("2026-05-20T04:00:00Z", "2026-05-20"),
    ("2026-05-20T04:00:00Z", "2026-05-20"),
    // A year and more ahead.
    ("2027-08-01T00:00:00Z", "2027-08-01"),
    // The clock was wrong, and is put right.
    ("2026-05-20T04:00:01Z", "2026-05-20"),
    // It loses its battery.
    ("2024-02-28T15:59:59Z", "2024-02-28"),
    ("2024-02-28T16:00:00Z", "2024-02-29"),
    ("2024-02-29T15:59:59.999999Z", "2024-02-29"),
    ("2024-02-29T16:00:00Z", "2024-03-01"),
    ("2028-02-29T12:00:00Z", "2028-02-29"),
    ("2026-05-20T03:59:59Z", "2026-05-20"),
];

async fn give(scene: &Scene, number: usize) -> Received {
    let by = scene.by();
    let donor = scene.parties[1];
    let wanted = Receive {
        payer: donor,
        channel: "BANK".into(),
        reference: number.to_string(),
        received_on: "2024-02-01".parse().unwrap(),
        asset: Asset::Cny,
        amount: None,
        note: String::new(),
        lines: vec![Line {
            donor,
            amount: Fen(100),
            settles: Settles::Nothing,
            restriction: None,
            class: LotClass::Gift,
        }],
    };
    let once = Once::new(by, &number.to_string(), "contributionReceive", &wanted).unwrap();
    let done = viewer::write(
        &scene.db,
        || scene.by(),
        async |tx, by: viewer::By<'_>| {
            contribution::receive(tx, by, scene.funds[0], &[(Some(once.clone()), wanted.clone())]).await?.remove(0)
        },
    );
    done.await.unwrap()
}

on_both! {
    async fn the_order_of_entries_is_their_numbers_whatever_the_clock_says(fixture: Fixture) {
        let mut scene = Scene::open(&fixture.url).await;
        let mut heads = vec![];
        for (number, (instant, day)) in INSTANTS.iter().enumerate() {
            let clock = Clock::fixed(instant.parse::<DateTime<Utc>>().unwrap());
            (scene.now, scene.today) = (clock.now(), clock.today());
            assert_eq!(scene.today.to_string(), *day, "{instant}");
            let done = give(&scene, number).await;
            heads.push(verify::head_of(&scene.db, "F0").await.unwrap().unwrap());
            // Asked again at another time, it is answered as it was.
            (scene.now, scene.today) = (Clock::System.now(), Clock::System.today());
            assert_eq!(give(&scene, number).await, done);
        }
        let entries: Vec<(i64, DateTime<Utc>)> =
            scene.db.sql("SELECT seq, booked_at FROM entry ORDER BY seq").all().await.unwrap();
        let expected: Vec<(i64, DateTime<Utc>)> =
            (1..).zip(INSTANTS.iter().map(|(instant, _)| instant.parse().unwrap())).collect();
        assert_eq!(entries, expected);
        // The control: the order of the clock is another one.
        let mut by_clock = entries.clone();
        by_clock.sort_by_key(|(_, booked_at)| *booked_at);
        assert_ne!(by_clock, entries);
        let report = verify::verify(&scene.db, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.broken().collect::<Vec<_>>());
        for (number, head) in (1..).zip(&heads) {
            assert_eq!(head.seq, number);
            assert!(verify::is_kept(&scene.db, head).await.unwrap(), "{head:?}");
        }
        scene.db.close().await;
    }
}
