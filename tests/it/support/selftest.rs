//! The support itself: databases on both engines, and a cluster that outlives nobody.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    str::FromStr as _,
    thread,
    time::{Duration, Instant},
};

use sqlx::{Connection as _, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    Engine, on_both,
    postgres::{Cluster, cluster},
};

/// Set for the process that is to be killed, so that `--include-ignored` does not wait for ever.
const OWNER: &str = "COBUILD_TEST_OWNS_CLUSTER";

/// Long enough for a loaded machine; a server stopped at once needs milliseconds.
const STOP_MAX: Duration = Duration::from_secs(30);

on_both! {
    /// A table made in the one database is asked for in the same one.
    async fn a_database_is_created_and_queried(db: Fixture) {
        let sum = match db.engine {
            Engine::Sqlite => {
                let options = SqliteConnectOptions::from_str(&db.url).unwrap();
                let options = options.create_if_missing(true);
                let mut sqlite = SqliteConnection::connect_with(&options).await.unwrap();
                sqlx::raw_sql(GIFTS).execute(&mut sqlite).await.unwrap();
                sqlx::query_scalar::<_, i64>(GIFTS_SUM).fetch_one(&mut sqlite).await
            }
            Engine::Postgres => {
                let mut postgres = PgConnection::connect(&db.url).await.unwrap();
                sqlx::raw_sql(GIFTS).execute(&mut postgres).await.unwrap();
                sqlx::query_scalar::<_, i64>(GIFTS_SUM).fetch_one(&mut postgres).await
            }
        };
        assert_eq!(sum.unwrap(), 42);
    }
}

const GIFTS: &str = "CREATE TABLE gift (fen BIGINT NOT NULL); INSERT INTO gift VALUES (40), (2)";
const GIFTS_SUM: &str = "SELECT CAST(SUM(fen) AS BIGINT) FROM gift";

#[tokio::test]
async fn a_template_is_copied_with_its_rows() {
    let Some(cluster) = cluster() else { return };
    let started = Instant::now();
    let template = cluster.create_database("template").await;
    eprintln!("a database was created in {:?}", started.elapsed());
    let mut connection = PgConnection::connect(&template).await.unwrap();
    sqlx::raw_sql(GIFTS).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    let started = Instant::now();
    let one = cluster.create_database_from(&template, "copy").await;
    eprintln!("a database was copied in {:?}", started.elapsed());
    let other = cluster.create_database_from(&template, "copy").await;
    assert_ne!(one, other);
    for url in [&one, &other] {
        let mut copy = PgConnection::connect(url).await.unwrap();
        let sum: i64 = sqlx::query_scalar(GIFTS_SUM).fetch_one(&mut copy).await.unwrap();
        assert_eq!(sum, 42);
    }
    // One of them is still connected to.
    let started = Instant::now();
    cluster.drop_database(&one).await;
    eprintln!("a database was dropped in {:?}", started.elapsed());
    assert!(PgConnection::connect(&one).await.is_err());
}

#[tokio::test]
async fn a_private_cluster_keeps_its_rows_through_a_crash() {
    let started = Instant::now();
    let Some(mut private) = Cluster::start_private(true) else {
        return;
    };
    eprintln!("a cluster was started in {:?}", started.elapsed());
    let url = private.create_database("crash").await;
    let mut before = PgConnection::connect(&url).await.unwrap();
    let fsync: String = sqlx::query_scalar("SHOW fsync").fetch_one(&mut before).await.unwrap();
    assert_eq!(fsync, "on");
    sqlx::raw_sql(GIFTS).execute(&mut before).await.unwrap();

    let started = Instant::now();
    private.stop_immediate();
    eprintln!("a cluster was stopped in {:?}", started.elapsed());
    assert!(before.ping().await.is_err());
    assert!(PgConnection::connect(&url).await.is_err());

    let started = Instant::now();
    private.start_again();
    eprintln!("a cluster was started again in {:?}", started.elapsed());
    let mut after = PgConnection::connect(&url).await.unwrap();
    let sum: i64 = sqlx::query_scalar(GIFTS_SUM).fetch_one(&mut after).await.unwrap();
    assert_eq!(sum, 42);

    let directory = private.directory().to_owned();
    drop(private);
    assert!(!directory.exists());
}

#[test]
fn the_cluster_dies_with_its_owner() {
    if cluster().is_none() {
        return;
    }
    let mut owner = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("support::selftest::owns_a_cluster_until_killed")
        .env(OWNER, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(owner.stdout.take().unwrap())
        .lines()
        .find_map(|line| Some(line.unwrap().split_once("owns ")?.1.to_owned()))
        .unwrap();
    let (pid, directory) = told.split_once(' ').unwrap();
    assert!(runs(pid) && Path::new(directory).exists());

    // On Unix this is SIGKILL, which leaves the owner nothing to do.
    owner.kill().unwrap();
    owner.wait().unwrap();
    let killed = Instant::now();
    while runs(pid) || Path::new(directory).exists() {
        assert!(killed.elapsed() < STOP_MAX, "{told} outlives its owner");
        thread::sleep(Duration::from_millis(10));
    }
    eprintln!("the cluster was gone {:?} after its owner", killed.elapsed());
}

#[test]
#[ignore = "run and killed by the_cluster_dies_with_its_owner"]
#[expect(clippy::print_stdout, reason = "the killer reads it")]
fn owns_a_cluster_until_killed() {
    if env::var_os(OWNER).is_none() {
        return;
    }
    let cluster = cluster().unwrap();
    println!("owns {} {}", cluster.server_pid(), cluster.directory().display());
    loop {
        thread::park();
    }
}

fn runs(pid: &str) -> bool {
    let mut kill = Command::new("/bin/sh");
    let status = kill.args(["-c", "kill -0 \"$1\" 2>/dev/null", "sh", pid]).status();
    status.unwrap().success()
}
