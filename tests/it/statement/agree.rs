//! Statements agree: in every format of a file, the givers with their fund, the fund with its host, the host with
//! its bank, and all of them with `verify`.

use chrono::NaiveDate;
use cobuild::{
    bank::store,
    db::Sql as _,
    id::{GlobalId, HostId, PartyId},
    ledger::{as_of::Cut, verify},
    money::Fen,
    party::PartyKind,
    statement::{Span, host},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::Sample;
use crate::{
    support::{binary::print, on_both},
    tamper::book::Book,
};

/// The parts of a file, each with its rows; the cells of a row as numbers are written everywhere, in no order.
type Parts = Vec<Vec<Vec<String>>>;

fn row(cells: impl Iterator<Item = String>) -> Vec<String> {
    let plain = |cell: String| match cell.parse::<f64>() {
        Ok(number) if !cell.starts_with('0') || cell.starts_with("0.") || cell == "0" => format!("{number:.2}"),
        _ => cell,
    };
    let mut cells: Vec<String> = cells.map(plain).collect();
    cells.sort();
    cells
}

fn of_json(text: &str, keys: &[&str]) -> Parts {
    let book: Value = serde_json::from_str(text).unwrap();
    assert_eq!(book.as_object().unwrap().len(), keys.len(), "{text}");
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let rows = |key: &&str| {
        book[*key].as_array().unwrap().iter().map(|one| row(one.as_object().unwrap().values().map(cell))).collect()
    };
    keys.iter().map(rows).collect()
}

fn of_csv(text: &str) -> Parts {
    // An empty cell is between two parts; a part has its name, its columns and its rows.
    let parts = text.trim_start_matches('\u{feff}').trim_end().split("\r\n\"\"\r\n");
    let rows = |part: &str| {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(part.as_bytes());
        reader.records().skip(2).map(|one| row(one.unwrap().iter().map(str::to_owned))).collect()
    };
    parts.map(rows).collect()
}

fn of_xlsx(bytes: &[u8]) -> Parts {
    use calamine::{Data, Reader as _};
    let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let cell = |data: &Data| match data {
        Data::DateTime(day) => {
            let (year, month, day, ..) = day.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        other => other.to_string(),
    };
    let names = book.sheet_names();
    let mut rows = |name: &String| {
        let sheet = book.worksheet_range(name).unwrap();
        sheet.rows().skip(1).map(|one| row(one.iter().map(cell))).collect()
    };
    names.iter().map(&mut rows).collect()
}

/// The sum of a column of a part, of cash or of goods where the rows say which.
fn sum(book: &Value, part: &str, column: &str, asset: Option<&str>) -> i64 {
    let rows = book[part].as_array().unwrap().iter().filter(|one| asset.is_none_or(|asset| one["asset"] == asset));
    rows.map(|one| one[column].as_str().unwrap().replace('.', "").parse::<i64>().unwrap()).sum()
}

const PARTY_PARTS: [&str; 6] = ["about", "summary", "gifts", "matrix", "projects", "expenses"];
const FUND_PARTS: [&str; 7] = ["about", "summary", "restricted", "income", "purposes", "spending", "leverage"];
const HOST_PARTS: [&str; 3] = ["about", "funds", "days"];

on_both! {
    async fn a_host_is_told_why_its_bank_has_something_else(fixture: Fixture) {
        let book = Book::open(&fixture.url).await;
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let span = Span { from: day("2026-01-01"), to: day("2026-12-31"), cut: Cut::default(), funds: None };
        let mut session = book.db.session().await.unwrap();
        let told = host::read(&mut session, HostId(1), &span).await.unwrap();
        assert_eq!(told.funds_total(), told.control);
        let (opening, closing) = told.bank.unwrap();
        assert_eq!(opening, host::Bank::default());
        for (control, bank) in told.days.iter().map(|day| (day.control, day.bank.unwrap())) {
            assert_eq!(bank.balance, control + bank.not_in_books - bank.not_at_bank + bank.on_its_way);
        }
        let closing = [closing.balance, closing.not_in_books, closing.not_at_bank, closing.on_its_way, told.control.1];
        assert_eq!(closing, [99_707, 7, 1_451, 0, 101_151].map(Fen));
        // The bank's own reconciliation says the same of the last day.
        let lines = store::line_sums_of_hosts(&mut session, &[HostId(1)], span.to).await.unwrap()[0];
        let cash = store::cash_sums_of_hosts(&mut session, &[HostId(1)], span.to).await.unwrap()[0];
        assert_eq!(closing, [lines.amount, lines.unmatched, cash.unmatched, Fen::ZERO, cash.amount]);
        drop(session);
        book.db.close().await;
    }

    async fn every_file_adds_up_with_the_others_and_says_the_same_in_every_format(fixture: Fixture) {
        let sample = Sample::new(&fixture).await;
        let auditor = print(&["token", "create", "--database", &fixture.url, "--role", "auditor", "--area", "涧西区", "--name", "Auditor"]);
        let one_book = async |path: &str, keys: &[&str]| {
            let mut parts = vec![];
            let mut book = Value::Null;
            for format in ["json", "csv", "xlsx"] {
                let answer = sample.get(&format!("{path}?year=2026&format={format}"), Some(&auditor), "en").await;
                assert_eq!(answer.status(), StatusCode::OK, "{path}");
                let bytes = answer.bytes().await.unwrap();
                parts.push(match format {
                    "json" => {
                        book = serde_json::from_slice(&bytes).unwrap();
                        of_json(std::str::from_utf8(&bytes).unwrap(), keys)
                    }
                    "csv" => of_csv(std::str::from_utf8(&bytes).unwrap()),
                    _ => of_xlsx(&bytes),
                });
            }
            assert_eq!(parts[0], parts[1], "{path}: JSON and CSV");
            assert_eq!(parts[0], parts[2], "{path}: JSON and XLSX");
            book
        };
        let columns = ["opening", "received", "paid", "returned", "refunded", "lost", "transferred", "closing"];
        let parties: Vec<(PartyId, PartyKind)> = (&sample.db).sql("SELECT DISTINCT p.id, p.kind FROM party p JOIN lot l ON l.donor_id = p.id").all().await.unwrap();
        assert!(parties.len() > 20);
        let mut together = [0_i64; 8];
        for (party, kind) in parties {
            let id = GlobalId::new(kind.node(), party);
            let book = one_book(&format!("/statements/party/{id}"), &PARTY_PARTS).await;
            for asset in ["Cash", "In kind"] {
                let said = columns.map(|column| sum(&book, "summary", column, Some(asset)));
                assert_eq!(columns.map(|column| sum(&book, "gifts", column, Some(asset))), said, "{id}: the gifts");
                let spent = said[2] - said[3];
                for (part, column) in [("matrix", "spent"), ("projects", "spent"), ("expenses", "part")] {
                    assert_eq!(sum(&book, part, column, Some(asset)), spent, "{id}: {part}");
                }
                if asset == "Cash" {
                    together = std::array::from_fn(|at| together[at] + said[at]);
                }
            }
        }
        let book = one_book("/statements/fund/$fund", &FUND_PARTS).await;
        let said = columns.map(|column| sum(&book, "summary", column, Some("Cash")));
        assert_eq!(said, together, "the givers are the fund");
        assert_eq!(sum(&book, "income", "amount", Some("Cash")), said[1]);
        for part in ["purposes", "spending"] {
            assert_eq!(sum(&book, part, "amount", Some("Cash")), said[2] - said[3], "{part}");
        }
        assert_eq!((sum(&book, "restricted", "opening", Some("Cash")), sum(&book, "restricted", "closing", Some("Cash"))), (said[0], said[7]));
        assert_eq!(book["leverage"], json!([{ "own": "20000.00", "copay": "12000.00", "external": "108000.00", "total": "140000.00", "ratio": "7.00" }]));
        let host = one_book("/statements/host/$host", &HOST_PARTS).await;
        let rows = host["funds"].as_array().unwrap();
        let of = |fund: &str| rows.iter().find(|row| row["fund"] == fund || row["name"] == fund).unwrap()["closing"].clone();
        assert_eq!(of("COMMUNITY-A"), book["summary"][0]["closing"], "nothing is advanced, so the bank has it");
        assert_eq!(of("All funds"), of("Control account"));
        assert!(verify::verify(&sample.db, |_| {}).await.unwrap().is_clean());
        sample.end().await;
    }
}
