//! The reference of columns in the manual is what the code reads.

use std::{fmt::Write as _, path::Path};

use cobuild::import::{column::Cell, kind::KINDS};

const BEGIN: &str = "<!-- columns -->\n";
const END: &str = "<!-- end -->";

/// Set to write the tables into the manual.
const WRITE: &str = "COBUILD_WRITE_DOCS";

/// The manual's languages.
#[derive(Clone, Copy)]
enum Language {
    Zh,
    En,
}

fn cell(cell: Cell, language: Language) -> String {
    let of = |zh: &str, en: &str| match language {
        Language::Zh => zh.to_owned(),
        Language::En => en.to_owned(),
    };
    match cell {
        Cell::Text { chars_max } => of(&format!("文字，至多 {chars_max} 字"), &format!("text, {chars_max} characters")),
        Cell::Name { chars_max } => {
            of(&format!("名称，至多 {chars_max} 字"), &format!("a name, {chars_max} characters"))
        }
        Cell::Amount => of("金额", "a sum"),
        Cell::Price { .. } => of("单价", "a price"),
        Cell::Date => of("日期", "a day"),
        Cell::Integer => of("整数", "a whole number"),
        Cell::Ratio => of("比例", "a share"),
        Cell::YesNo => of("是否", "yes or no"),
        Cell::Choice(choices) => {
            let words = choices.iter().filter_map(|choice| choice.words.split_whitespace().next());
            words.collect::<Vec<_>>().join(match language {
                Language::Zh => "、",
                Language::En => ", ",
            })
        }
    }
}

/// The tables of all kinds.
fn tables(language: Language) -> String {
    let mut text = String::new();
    for kind in KINDS {
        let head = match language {
            Language::Zh => "| 字段 | 内容 | 中文列名 | 英文列名 |",
            Language::En => "| field | cells | Chinese names | English names |",
        };
        let _ = write!(text, "\n### `{}`\n\n{head}\n|---|---|---|---|\n", kind.name());
        for column in kind.columns() {
            let field = if column.required { format!("**{}**", column.field) } else { column.field.to_owned() };
            let names = |words: &str| words.split_whitespace().collect::<Vec<_>>().join(" ");
            let (zh, en) = (names(column.synonyms_zh), names(column.synonyms_en));
            let _ = writeln!(text, "| {field} | {} | {zh} | {en} |", cell(column.cell, language));
        }
    }
    text.push('\n');
    text
}

#[test]
fn the_manual_lists_the_columns_that_are_read() {
    for (name, language) in [("importing.md", Language::En), ("importing.zh.md", Language::Zh)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = text.split_once(BEGIN).unwrap();
        let (there, after) = rest.split_once(END).unwrap();
        let wanted = tables(language);
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(&path, format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
        } else {
            assert!(there == wanted, "{name} is behind; run this test with {WRITE}=1");
        }
    }
}
