//! A list in a statement, whatever its length: written out where it is short, one value where it is long.

use chrono::NaiveDate;
use cobuild::{
    db::{Db, Sql as _},
    id::PartyId,
};

use crate::support::on_both;

/// Texts that some spelling of a list could break.
const TEXTS: [&str; 8] =
    ["", "plain", "it's", r#"a "quoted" one"#, r"back\slash", "{1,2}", "NULL", "中文，\u{2028}\u{1f600}\ttab"];

/// Both sides of the length from which a list is one value, and far beyond.
const LENGTHS: [usize; 6] = [1, 31, 32, 33, 64, 40_000];

on_both! {
    async fn a_long_list_finds_what_a_short_one_finds(fixture: Fixture) {
        let db = Db::connect(&fixture.url).await.unwrap();
        for length in LENGTHS {
            let last = i64::try_from(length).unwrap();
            let keys: Vec<PartyId> = (1..=last).map(PartyId).collect();
            let found: Vec<(i64,)> = db
                .sql(
                    "SELECT n FROM (SELECT CAST(1 AS BIGINT) AS n UNION ALL SELECT CAST($1 AS BIGINT)
                                    UNION ALL SELECT CAST($1 AS BIGINT) + 1 UNION ALL SELECT 0) AS t
                     WHERE n IN (..) ORDER BY n",
                )
                .bind(last)
                .bind_list(&keys)
                .all()
                .await
                .unwrap();
            assert_eq!(found, [(1,), (last,)], "{length}");
            let (counted,): (i64,) =
                db.sql("SELECT COUNT(*) FROM {list} k WHERE k.value > 0").bind_table(&keys).one().await.unwrap();
            assert_eq!(counted, last);
        }
        let (none,): (i64,) = db
            .sql("SELECT COUNT(*) FROM (SELECT CAST(0 AS BIGINT) AS n) AS t WHERE true [AND n IN (..)]")
            .given_list(Some(&[] as &[i64]))
            .one()
            .await
            .unwrap();
        assert_eq!(none, 0);
    }

    async fn values_of_a_long_list_are_what_they_were(fixture: Fixture) {
        let db = Db::connect(&fixture.url).await.unwrap();
        let texts: Vec<&str> = TEXTS.iter().copied().cycle().take(40).collect();
        let read: Vec<(String,)> = db.sql("SELECT value FROM {list} k").bind_table(&texts).all().await.unwrap();
        assert_eq!(read.iter().map(|(text,)| text.as_str()).collect::<Vec<_>>(), texts);
        let (met,): (i64,) = db
            .sql("SELECT COUNT(*) FROM (SELECT CAST($1 AS TEXT) AS n) AS t WHERE n IN (..)")
            .bind(TEXTS[7])
            .bind_list(&texts)
            .one()
            .await
            .unwrap();
        assert_eq!(met, 1);

        let extremes: Vec<i64> = [i64::MIN, -1, 0, 1 << 53, (1 << 53) + 1, i64::MAX].repeat(6);
        let read: Vec<(i64,)> = db.sql("SELECT value FROM {list} numbers").bind_table(&extremes).all().await.unwrap();
        assert_eq!(read.iter().map(|(key,)| *key).collect::<Vec<_>>(), extremes);

        let days: Vec<NaiveDate> = NaiveDate::from_ymd_opt(2024, 2, 28).unwrap().iter_days().take(40).collect();
        let (met,): (i64,) = db
            .either(
                "SELECT COUNT(*) FROM (SELECT $1 AS n) AS t WHERE n IN (..)",
                "SELECT COUNT(*) FROM (SELECT CAST($1 AS DATE) AS n) AS t WHERE n IN (..)",
            )
            .bind(days[1])
            .bind_list(&days)
            .one()
            .await
            .unwrap();
        assert_eq!(met, 1);
    }
}
