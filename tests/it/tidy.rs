//! The style of the code, where a test can tell it: levels, sizes, and SQL that both engines take.

use std::{fs, path::Path};

use cobuild::db::{Db, Sql as _};

use crate::support::on_both;

/// Every file of `src`, by its path below it.
fn sources() -> Vec<(String, String)> {
    fn walk(dir: &Path, found: &mut Vec<(String, String)>, root: &Path) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found, root);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = vec![];
    walk(&root, &mut found, &root);
    found.sort();
    assert!(found.len() > 50, "the sources are found");
    found
}

/// A graph has edges both ways, so the files that hold it may use every concept.
fn is_graph(file: &str) -> bool {
    file.ends_with("graphql.rs") || file.contains("/graphql/") || file == "project/mutation.rs"
}

#[test]
fn a_module_uses_only_what_stands_above_it_in_lib() {
    let lib = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")).unwrap();
    let order: Vec<&str> = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(order.len() > 15, "{order:?}");
    let rank = |module: &str| order.iter().position(|one| *one == module);
    let mut wrong = vec![];
    for (file, text) in sources() {
        let module = file.split(['/', '.']).next().unwrap();
        let Some(own) = rank(module) else { continue };
        if is_graph(&file) {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap();
        for used in modules_used(code) {
            if rank(&used).is_some_and(|used| used > own) {
                wrong.push(format!("{file} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The modules behind `crate::` in some code, also in a braced `use`.
fn modules_used(code: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut used = vec![];
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        used.extend(line.match_indices("crate::").map(|(at, found)| name(&line[at + found.len()..])));
    }
    for (at, found) in code.match_indices("use crate::{") {
        let body = code[at + found.len()..].split("\n};").next().unwrap();
        used.extend(
            body.lines()
                .filter(|line| line.starts_with("    ") && !line.starts_with("     "))
                .map(|line| name(line.trim())),
        );
    }
    used
}

#[test]
fn the_check_of_levels_can_fail() {
    let code = "use crate::{\n    db::Tx,\n    expense::graphql::{Expense,\n        A},\n};\nlet x = crate::api::x;";
    assert_eq!(modules_used(code), ["", "api", "db", "expense"]);
}

#[test]
fn a_file_is_read_at_one_sitting() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(file, text)| (text.lines().count(), file))
        .filter(|(lines, _)| *lines > 620)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

/// Every literal that begins as a statement does, with its marks written out as for one value each.
fn statements() -> Vec<(String, String)> {
    let mut found = vec![];
    // What `db` asks of one engine alone is not for the other.
    for (file, text) in sources().into_iter().filter(|(file, _)| !file.starts_with("db/")) {
        let code = text.split("#[cfg(test)]").next().unwrap();
        let mut rest = code;
        while let Some(at) = rest.find('"') {
            let (literal, after) = read_literal(&rest[at + 1..]);
            rest = after;
            let sql = literal.trim_start();
            let begins = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH "];
            if begins.iter().any(|word| sql.starts_with(word)) && sql.contains(' ') && sql.len() > 25 {
                found.extend(variants(sql).map(|sql| (file.clone(), written_out(&sql))));
            }
        }
    }
    assert!(found.len() > 90, "only {} statements were found", found.len());
    found
}

/// The literal that begins here, and what follows it.
fn read_literal(text: &str) -> (&str, &str) {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

/// The statement with all conditions of its filter, and with none.
fn variants(sql: &str) -> impl Iterator<Item = String> {
    let parts: Vec<(&str, &str)> = sql.split('[').map(|part| part.split_once(']').unwrap_or(("", part))).collect();
    let none = parts.iter().map(|(_, after)| *after).collect();
    let all = sql.contains('[').then(|| sql.replace(['[', ']'], ""));
    std::iter::once(none).chain(all)
}

fn written_out(sql: &str) -> String {
    let mut next = (1..100).rev().find(|n| sql.contains(&format!("${n}"))).unwrap_or(0);
    let mut sql = sql.replace("{page}", "LIMIT 5");
    for mark in ["{order}", "{each}", "{end}"] {
        sql = sql.replace(mark, "");
    }
    while sql.contains("{}") {
        next += 1;
        sql = sql.replacen("{}", &format!("${next}"), 1);
    }
    while sql.contains("{list}") {
        next += 1;
        sql = sql.replacen("{list}", &format!("(SELECT CAST(${next} AS TEXT) AS value)"), 1);
    }
    while sql.contains("(..)") {
        let columns = if sql.starts_with("INSERT") || sql.contains("column1") {
            let list =
                if sql.starts_with("INSERT") { sql[..sql.find(')').unwrap()].matches(',').count() + 1 } else { 3 };
            (next + 1..=next + list).map(|n| format!("${n}")).collect::<Vec<_>>()
        } else {
            vec![format!("${}", next + 1)]
        };
        next += columns.len();
        sql = sql.replacen("(..)", &format!("({})", columns.join(", ")), 1);
    }
    sql.replace("{owner}", &format!("${}", next + 1))
}

/// Statements whose values have no type until they are bound: they run in the tests of their operations.
const UNTYPED: &[&str] = &["THEN d.column3 ELSE pledge.ended_on", "registered_on = d.column6"];

/// What only PostgreSQL speaks, for statements that have another text for SQLite.
const POSTGRES_ONLY: &str = "SKIP LOCKED";

on_both! {
    async fn every_statement_prepares(fixture: Fixture) {
        let db = Db::connect(&fixture.url).await.unwrap();
        db.migrate().await.unwrap();
        let mut refused = vec![];
        let statements = statements();
        let prepared = statements.len();
        for (file, sql) in statements {
            let sql: &'static str = sql.leak();
            if sql.contains(POSTGRES_ONLY) && fixture.engine == crate::support::Engine::Sqlite {
                continue;
            }
            if UNTYPED.iter().any(|part| sql.contains(part)) {
                continue;
            }
            if let Err(why) = (&db).sql(sql).prepare().await {
                refused.push(format!("{file}: {why}\n{sql}"));
            }
        }
        assert!(refused.is_empty(), "{}", refused.join("\n\n"));
        eprintln!("{:?}: {prepared} statements prepared", fixture.engine);
        db.close().await;
    }

    async fn a_statement_that_is_wrong_does_not_prepare(fixture: Fixture) {
        let db = Db::connect(&fixture.url).await.unwrap();
        db.migrate().await.unwrap();
        assert!((&db).sql("SELECT no_such_column FROM party").prepare().await.is_err());
        db.close().await;
    }
}
