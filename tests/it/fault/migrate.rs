//! Migrations that are interrupted, at one write or message after the other, are finished by running them again.

use std::{process::Stdio, time::Instant};

use cobuild::db::{Db, Sql as _};

use super::{
    proxy::{self, Proxy},
    shim::{How, Shim},
};
use crate::support::{
    Fixture,
    binary::{self, print, print_json, stderr},
    postgres::cluster,
    times,
};

/// Interruptions on each engine.
const PLACES: u64 = 24;

/// Everything that the schema is made of.
async fn schema(url: &str) -> Vec<String> {
    let db = Db::connect(url).await.unwrap();
    let sql = db.either(
        "SELECT type || ' ' || name || ' ' || COALESCE(sql, '') FROM sqlite_schema
         UNION ALL SELECT 'ran ' || version || ' ' || description FROM _sqlx_migrations",
        "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable FROM information_schema.columns
         WHERE table_schema = 'public'
         UNION ALL SELECT indexdef FROM pg_catalog.pg_indexes WHERE schemaname = 'public'
         UNION ALL SELECT CAST(conname AS TEXT) || ' ' || pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint
         UNION ALL SELECT CAST(tgname AS TEXT) FROM pg_catalog.pg_trigger WHERE NOT tgisinternal
         UNION ALL SELECT CAST(proname AS TEXT) || ' ' || prosrc FROM pg_catalog.pg_proc p
             JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'
         UNION ALL SELECT 'ran ' || version || ' ' || description FROM _sqlx_migrations",
    );
    let rows: Vec<(String,)> = sql.all().await.unwrap();
    db.close().await;
    let mut lines: Vec<String> = rows.into_iter().map(|(line,)| line).collect();
    lines.sort();
    lines
}

/// Runs the migrations again, and compares what they have made.
async fn check(url: &str, whole: &[String]) {
    print(&["migrate", "--database", url]);
    assert_eq!(schema(url).await, whole);
    assert_eq!(print_json(&["verify", "--database", url, "--output", "json"])["clean"], true);
}

/// The control: a part that is missing is missed.
async fn a_missing_part_is_missed(url: &str, whole: &[String]) {
    let db = Db::connect(url).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let dropped = tx.sql("DROP INDEX account_fund").execute().await;
    dropped.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    assert_ne!(schema(url).await, whole);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_killed_at_any_write_are_finished_by_running_them_again() {
    let start = Instant::now();
    let clean = tempfile::tempdir().unwrap();
    let url_in = |dir: &tempfile::TempDir| format!("sqlite:{}", dir.path().join("cobuild.db").display());
    let url = url_in(&clean);
    let Some(shim) = Shim::of(clean.path()) else { return };
    assert!(
        shim.command(&["migrate", "--database", &url], 0, How::Kill).stdout(Stdio::null()).status().unwrap().success()
    );
    let calls = shim.count().calls;
    let whole = schema(&url).await;
    assert!(calls > 100 && whole.len() > 80, "{calls} calls, {} parts", whole.len());
    let (mut killed, places) = (0, times(PLACES).min(calls));
    for place in (0..places).map(|number| 1 + number * calls / places) {
        let dir = tempfile::tempdir().unwrap();
        let url = url_in(&dir);
        let shim = Shim::of(dir.path()).unwrap();
        let ended =
            shim.command(&["migrate", "--database", &url], place, How::Kill).stdout(Stdio::null()).status().unwrap();
        killed += u64::from(ended.code().is_none());
        check(&url, &whole).await;
    }
    assert!(killed * 10 >= places * 9, "{killed} of {places} were killed before their end");
    a_missing_part_is_missed(&url, &whole).await;
    eprintln!("migrate: {calls} writes and syncs, killed at {killed} of them; {:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_cut_off_at_any_message_are_finished_by_running_them_again() {
    let start = Instant::now();
    let Some(clean) = Fixture::postgres("migrated").await else { return };
    let cluster = cluster().unwrap();
    let proxy = Proxy::to(proxy::address(&clean.url)).await;
    let through = |url: &str| {
        let url = proxy.url(url);
        tokio::task::spawn_blocking(move || binary::run(&["migrate", "--database", &url]))
    };
    assert!(through(&clean.url).await.unwrap().status.success());
    let messages = proxy.messages();
    let whole = schema(&clean.url).await;
    assert!(messages > 40 && whole.len() > 200, "{messages} messages, {} parts", whole.len());
    let (mut cut, places) = (0, times(PLACES / 2).min(messages));
    for place in (0..places).map(|number| 1 + number * messages / places) {
        let url = cluster.create_database("cut_off").await;
        proxy.cut_at_message(place);
        let ended = through(&url).await.unwrap();
        if !ended.status.success() {
            cut += 1;
            assert!(stderr(&ended).contains("cobuild: the database "), "{}", stderr(&ended));
        }
        check(&url, &whole).await;
        cluster.drop_database(&url).await;
    }
    assert!(cut * 2 > places, "{cut} of {places} were cut off before their end");
    a_missing_part_is_missed(&clean.url, &whole).await;
    eprintln!("migrate: {messages} messages to PostgreSQL, cut at {places} of them; {:?}", start.elapsed());
    cluster.drop_database(&clean.url).await;
}
