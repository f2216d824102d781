//! Whole lists with the faults that published ones have: totals, repeats, keys, refusals.

use proptest::prelude::*;

use super::*;

const HEADER: &str = "序号,捐赠者,日期,金额,备注";

fn list(rows: &str) -> Contributions {
    contributions(&format!("{HEADER}\n{rows}"))
}

fn key_of(row: &str) -> String {
    list(row).rows[0].key.clone()
}

const GIFTS: &str = "1,样例食品,2024-01-02,38422322.2,\n2,示范五金,2024-01-03,0.04,\n";

#[test]
fn a_total_row_is_compared_and_not_imported_wherever_it_stands() {
    let totals = [
        "合计,,,38422322.23999998,",
        ",合计,,38422322.23999998,",
        ",,合 计,\"38,422,322.24\",",
        "总计：,,,¥38422322.24,",
        "合计,,38422322.24,,",
        "合计,2家,,38422322.24,",
        "合计：38422322.24元,,,,",
        ",,,38422322.24,合计",
        ",,,38422322.23999998,",
        "Grand Total,,,38422322.24,",
        "本页小计,,,38422322.24,\n合计,,,38422322.24,",
    ];
    for total in totals {
        let list = list(&format!("{GIFTS}{total}\n\n制表人：某某,,,,\n"));
        assert_eq!((list.rows.len(), list.refusals.len()), (2, 0), "{total}");
        assert_eq!(list.control_total, Some(3_842_232_224), "{total}");
        assert_eq!(list.passed_over.len(), 1, "{total}");
    }
    let above = list(&format!("合计,,,38422322.24,\n{GIFTS}"));
    assert_eq!(above.control_total, Some(above.total_fen));
}

#[test]
fn a_total_that_differs_by_a_fen_refuses_the_file_and_names_both_sums() {
    let refused = refusal(format!("{HEADER}\n{GIFTS}合计,,,38422322.25,\n").as_bytes());
    assert_eq!((refused.code, refused.row), ("control_total_differs", Some(4)));
    for message in [&refused.message_en, &refused.message_zh] {
        assert!(message.contains("¥38,422,322.25") && message.contains("¥38,422,322.24"), "{message}");
    }
}

#[test]
fn sections_have_totals_of_their_own() {
    let sections = "一、企业,,,,\n1,甲样例,2024-01-02,5,\n小计,,,5,\n二、商户,,,,\n2,乙样例,2024-01-02,7,\n小计,,,7,\n";
    let list_of = |total: &str| format!("{HEADER}\n{sections}合计,,,{total},\n");
    let sums = contributions(&list_of("12"));
    assert_eq!((sums.rows.len(), sums.control_total), (2, Some(1_200)));
    assert_eq!(sums.passed_over, [2, 5]);
    assert_eq!(refusal(list_of("13").as_bytes()).code, "control_total_differs");
}

#[test]
fn a_total_is_not_compared_once_an_amount_was_refused() {
    let list = list("1,样例食品,2024-01-02,5,\n2,示范五金,2024-01-02,x,\n合计,,,11,\n");
    assert_eq!((list.control_total, list.refusals.len(), list.rows.len()), (None, 1, 1));
}

#[test]
fn a_gift_without_an_amount_below_a_total_is_refused_and_a_signature_is_not() {
    let list = list("1,样例食品,2024-01-02,5,\n小计,,,5,\n2,示范五金,2024-01-02,,\n,经办人某某,,,\n");
    assert_eq!((list.refusals[0].code, list.refusals[0].row), ("amount_missing", 4));
    assert_eq!(list.passed_over, [5]);
}

#[test]
fn a_place_in_a_sheet_is_never_taken_for_a_total() {
    let text = "捐赠者,日期,金额,sheet_row\n样例食品,2024-01-02,5,7\n合计,,,8\n";
    assert_eq!(contributions(text).control_total, None);
}

#[test]
fn a_total_that_is_no_number_is_refused() {
    let list = list("1,样例食品,2024-01-02,5,\n合计,,,五元,\n");
    assert_eq!((list.refusals[0].code, list.refusals[0].row), ("control_total_unreadable", 3));
}

#[test]
fn a_claimed_count_is_reported_and_never_compared() {
    let list = list(&format!("{GIFTS}合计,3人,,38422322.24,\n"));
    assert_eq!((list.control_count, list.rows.len()), (Some(3), 2));
}

#[test]
fn a_giver_whose_name_begins_like_a_total_is_a_giver() {
    let list = list("1,合计样例科技有限公司,2024-01-02,5,合计\n2,总计,,5,\n");
    assert_eq!(list.rows.len(), 1);
}

#[test]
fn each_refused_cell_is_named_by_row_column_code_and_value() {
    let long = "长".repeat(GIVER_CHARS_MAX + 1);
    let list = list(&format!(
        "1,,2024-01-02,5,\n2,甲样例,2024-02-30,-5,\n3,乙样例,,5,\n4,丙样例,2024-01-02,\"1,000\",a,b\n5,{long},2024-01-02,5,\n6,丁样例,2024-01-02,5,\n",
    ));
    let refusals: Vec<(u64, &str, &str, usize)> = list
        .refusals
        .iter()
        .map(|refusal| (refusal.row, refusal.column.as_str(), refusal.code, refusal.value.chars().count()))
        .collect();
    let expected = [
        (2, "捐赠者", "giver_missing", 0),
        (3, "金额", "amount_negative", 2),
        (3, "日期", "date_impossible", 10),
        (4, "日期", "date_missing", 0),
        (5, "—", "row_too_wide", 1),
        (6, "捐赠者", "text_too_long", VALUE_CHARS_MAX),
    ];
    assert_eq!(refusals, expected);
    assert_eq!((list.rows.len(), list.total_fen, list.refusals.len()), (1, 500, 6));
}

#[test]
fn exact_repeats_are_gifts_of_their_own_and_are_reported() {
    let rows = "1,样例食品,2024-01-02,0.01,\n".repeat(856);
    let list = list(&rows);
    assert_eq!((list.rows.len(), list.total_fen, list.repeats.len()), (856, 856, 855));
    assert_eq!(list.repeats[1], Repeat { row: 4, of_row: 2, occurrence: 3 });
    assert_eq!(keys(&list).len(), 856);
}

#[test]
fn a_key_is_made_of_the_content_alone() {
    let key = key_of("1,样例（Ａ）食品,2024-01-02,1200,助老 餐桌\n");
    let same = [
        "99,样例(a)食品,2024-01-02,1200,助老 餐桌\n",
        ",\u{A0}样例（A）\u{200B}食品\t,45293,\"1,200.00\",助老餐桌\n",
        "x,样例（Ａ）食品,2024年1月2日,0.12万,\u{3000}助老餐桌\n",
    ];
    for row in same {
        assert_eq!(key_of(row), key, "{row}");
    }
    let other = [
        "1,样例（Ｂ）食品,2024-01-02,1200,助老 餐桌\n",
        "1,样例（Ａ）食品,2024-01-03,1200,助老 餐桌\n",
        "1,样例（Ａ）食品,2024-01-02,1200.01,助老 餐桌\n",
        "1,样例（Ａ）食品,2024-01-02,1200,\n",
    ];
    for row in other {
        assert_ne!(key_of(row), key, "{row}");
    }
    assert_eq!(key.len(), 64);
}

#[test]
fn the_key_never_changes_between_versions() {
    let key = key_of("1,样例食品,2024-01-02,5,\n");
    assert_eq!(key, "73143f46bf374e2034dc659d642023edbb90a948c91c6f826bfd7f357e2e7476");
}

#[test]
fn a_reference_is_no_part_of_the_key() {
    let text = |sheet: &str| format!("捐赠者,日期,金额,source_file,sheet_row\n样例食品,2024-01-02,5,{sheet},7\n");
    let (first, again) = (contributions(&text("a.xls")), contributions(&text("b.xls")));
    assert_eq!(first.rows[0].reference.as_deref(), Some("a.xls:7"));
    assert_eq!(first.rows[0].key, again.rows[0].key);
}

#[test]
fn a_sheet_published_again_under_another_title_gives_the_same_keys() {
    let first = contributions(&format!("样例清单（一）\n截至三月\n{HEADER}\n{GIFTS}"));
    let again =
        contributions("样例公示\n捐赠人,金额（元）,捐赠日期\n示范五金,0.04,20240103\n样例食品,38422322.20,20240102\n");
    assert_eq!(keys(&first), keys(&again));
}

#[test]
fn a_gift_published_again_with_a_purpose_is_another_gift() {
    let list = list("1,样例食品,2024-01-02,5,\n1,样例食品,2024-01-02,5,助老\n");
    assert_eq!((list.rows.len(), list.repeats.len()), (2, 0));
}

#[test]
fn a_name_with_a_story_says_who_gave_and_a_purpose_is_kept_as_it_is() {
    let rows =
        "1,占位物流转来演示食府捐款,2024-01-02,100万,\"甲院 55万，乙院、丙院、丁院各15万\"\n2,张*,2024-01-02,5,\n";
    let list = list(rows);
    assert_eq!(list.rows[0].giver_name, "演示食府");
    assert_eq!(list.rows[0].note.as_deref(), Some("甲院 55万，乙院、丙院、丁院各15万"));
    assert_eq!(list.rows[1].name_key, "张*");
}

proptest! {
    #[test]
    fn reordered_rows_and_other_running_numbers_give_the_same_keys(
        gifts in proptest::collection::vec((0..3_u8, 1..4_i64, 1..3_u8), 1..12).prop_shuffle(),
        order in any::<u64>(),
    ) {
        let text = |gifts: &[(u8, i64, u8)], first: u64| {
            let rows = gifts.iter().zip(first..).map(|((giver, yuan, day), number)| {
                format!("{number},样例{giver},2024-01-0{day},{yuan},\n")
            });
            rows.collect::<String>()
        };
        let mut other = gifts.clone();
        let turn = usize::try_from(order % other.len() as u64).expect("small");
        other.rotate_left(turn);
        other.reverse();
        let (first, second) = (list(&text(&gifts, 1)), list(&text(&other, order % 1_000)));
        prop_assert_eq!(keys(&first), keys(&second));
        prop_assert_eq!(keys(&first).len(), gifts.len());
        prop_assert_eq!(first.total_fen, second.total_fen);
    }
}

#[test]
fn every_word_of_a_total_is_known_however_it_is_typed() {
    for label in super::total::LABELS {
        let full_width: String = label
            .chars()
            .map(|character| match character {
                '!'..='~' => char::from_u32(u32::from(character) + 0xFEE0).expect("full width"),
                other => other,
            })
            .collect();
        let spaced: String = label.chars().flat_map(|character| [character, ' ']).collect();
        for typed in [(*label).to_owned(), label.to_uppercase(), full_width, spaced, format!("\u{200B}{label}：")] {
            let list = list(&format!("1,样例食品,2024-01-02,5,\n,{typed},,5,\n"));
            assert_eq!((list.rows.len(), list.control_total), (1, Some(500)), "{typed}");
        }
    }
}
