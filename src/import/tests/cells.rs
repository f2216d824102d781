//! Each form of a cell, and properties of amounts and keys.

use proptest::prelude::*;

use super::{column::Choice, *};
use CellRefusal::*;

#[test]
fn amounts_are_read_to_the_fen() {
    let accepted: &[(&str, Unit, i64)] = &[
        ("1000000", Unit::Yuan, 100_000_000),
        ("   4,000,000.00\t", Unit::Yuan, 400_000_000),
        ("\u{A0}12\u{3000}", Unit::Yuan, 1_200),
        ("1.2万", Unit::Yuan, 1_200_000),
        ("1.2万元", Unit::Yuan, 1_200_000),
        ("1.2", Unit::Wan, 1_200_000),
        ("1.23456789", Unit::Fen, 0),
        ("1200", Unit::Fen, 1_200),
        ("12元", Unit::Yuan, 1_200),
        ("12元", Unit::Wan, 1_200),
        ("12元整", Unit::Yuan, 1_200),
        ("¥3,000", Unit::Yuan, 300_000),
        ("￥ 3，000", Unit::Yuan, 300_000),
        ("人民币3000元", Unit::Yuan, 300_000),
        ("RMB 5.5", Unit::Yuan, 550),
        ("１２００．５０", Unit::Yuan, 120_050),
        ("0.01", Unit::Yuan, 1),
        (".5", Unit::Yuan, 50),
        ("1.50000", Unit::Yuan, 150),
        ("38422322.23999998", Unit::Yuan, 3_842_232_224),
        ("38422322.240000002", Unit::Yuan, 3_842_232_224),
        ("3842.232223999998万", Unit::Yuan, 3_842_232_224),
        ("3.842232223999998E7", Unit::Yuan, 3_842_232_224),
        ("0.30000000000000004", Unit::Yuan, 30),
        ("0.9999999999", Unit::Yuan, 100),
        ("1.5E6", Unit::Yuan, 150_000_000),
        ("1.5e+06", Unit::Yuan, 150_000_000),
        ("1E-2", Unit::Yuan, 1),
        ("100000000000", Unit::Yuan, AMOUNT_FEN_MAX),
    ];
    for &(text, unit, fen) in accepted {
        let expected = if fen == 0 { Err(AmountPartOfFen) } else { Ok(fen) };
        assert_eq!(amount_fen(text, unit), expected, "{text}");
    }
}

#[test]
fn amounts_that_are_not_gifts_are_refused() {
    let refused: &[(&str, CellRefusal)] = &[
        ("", AmountMissing),
        (" \u{3000}", AmountMissing),
        ("-", AmountMissing),
        ("——", AmountMissing),
        ("一千元", AmountUnreadable),
        ("$12", AmountUnreadable),
        ("12 345", AmountUnreadable),
        ("1,2", AmountUnreadable),
        ("1,2345", AmountUnreadable),
        ("1.234,50", AmountUnreadable),
        ("1.2.3", AmountUnreadable),
        ("12.", AmountUnreadable),
        ("1e", AmountUnreadable),
        ("1e999", AmountUnreadable),
        ("NaN", AmountUnreadable),
        ("12千元", AmountUnreadable),
        ("1234567890123456789012345678901234567890", AmountUnreadable),
        ("-5", AmountNegative),
        ("－5", AmountNegative),
        ("\u{2212}5", AmountNegative),
        ("¥-5", AmountNegative),
        ("-¥5", AmountNegative),
        ("(5.00)", AmountNegative),
        ("12.345", AmountPartOfFen),
        ("12.3450", AmountPartOfFen),
        ("12.3456", AmountPartOfFen),
        ("12.34567", AmountPartOfFen),
        ("0.001", AmountPartOfFen),
        ("1E-90", AmountPartOfFen),
        ("1.2345678万", AmountPartOfFen),
        ("0", AmountZero),
        ("0.00", AmountZero),
        ("-0", AmountZero),
        ("0.0000000001", AmountZero),
        ("100000000000.01", AmountTooLarge),
        ("1e30", AmountTooLarge),
        ("9e99", AmountTooLarge),
    ];
    for &(text, refusal) in refused {
        assert_eq!(amount_fen(text, Unit::Yuan), Err(refusal), "{text}");
    }
}

#[test]
fn amounts_in_messages_are_grouped() {
    let texts = [
        (0, "¥0.00"),
        (5, "¥0.05"),
        (123_450, "¥1,234.50"),
        (100_000_000, "¥1,000,000.00"),
        (-100, "-¥1.00"),
        (i64::MIN, "-¥92,233,720,368,547,758.08"),
    ];
    for (fen, text) in texts {
        assert_eq!(yuan_text(fen), text);
    }
}

#[test]
fn days_are_read_with_the_year_first() {
    let day = NaiveDate::from_ymd_opt(2020, 1, 26).expect("a day");
    let accepted = [
        "2020.01.26",
        "2020-1-26",
        "2020/01/26",
        "2020年1月26日",
        "2020年01月26号",
        "2020年1月26日 9:05",
        " 2020年 1月 26日",
        "20200126",
        "20200126.0",
        "43856",
        "43856.0",
        "43856.5",
        "２０２０．１．２６",
        "\u{A0}2020-01-26\u{200B}\t",
        "2020-01-26 00:00:00",
        "2020-01-26T23:59:59.123",
        "2020/1/26 0:00",
    ];
    for text in accepted {
        assert_eq!(given_on(text, Epoch::default(), today()), Ok(day), "{text}");
    }
}

#[test]
fn days_that_cannot_be_are_refused() {
    let refused = [
        ("", DateMissing),
        ("\u{3000}", DateMissing),
        ("26/01/2020", DateUnreadable),
        ("01-26", DateUnreadable),
        ("2020.01", DateUnreadable),
        ("20.1.26", DateUnreadable),
        ("2020.01-26", DateUnreadable),
        ("2020-01-26-1", DateUnreadable),
        ("2020-01-26 25:00", DateUnreadable),
        ("2020-01-26T00:00:00Z", DateUnreadable),
        ("2020-001-26", DateUnreadable),
        ("2020-+1-26", DateUnreadable),
        ("1月26日", DateUnreadable),
        ("一月", DateUnreadable),
        ("4385", DateUnreadable),
        ("2020-02-30", DateImpossible),
        ("20201301", DateImpossible),
        ("2020年0月1日", DateImpossible),
        ("1920-01-26", DateTooEarly),
        ("10000", DateTooEarly),
        ("2024-07-01", DateInFuture),
        ("99999", DateInFuture),
    ];
    for (text, refusal) in refused {
        assert_eq!(given_on(text, Epoch::default(), today()), Err(refusal), "{text}");
    }
    assert_eq!(given_on("2024-06-30", Epoch::default(), today()), Ok(today()));
}

#[test]
fn names_are_shown_as_typed_and_matched_as_meant() {
    // As typed, as shown, as matched.
    let names = [
        ("样例食品有限公司\t", "样例食品有限公司", "样例食品有限公司"),
        ("\u{FEFF}\u{A0}样例\u{200B}食品\u{3000}", "样例食品", "样例食品"),
        ("样例  食品", "样例 食品", "样例食品"),
        ("卫（Ａ１）样例", "卫（Ａ１）样例", "卫(a1)样例"),
        ("Sample\tFoods  LTD", "Sample Foods LTD", "sample foods ltd"),
        ("Sample 食品", "Sample 食品", "sample食品"),
        ("张*", "张*", "张*"),
        ("阿样•例", "阿样•例", "阿样·例"),
        ("\u{200B}\t", "", ""),
    ];
    for (typed, shown, matched) in names {
        assert_eq!(clean(typed), shown);
        assert_eq!(match_key(typed), matched);
    }
}

#[test]
fn every_refusal_says_what_would_be_accepted_in_both_languages() {
    let all = [
        RowTooWide,
        GiverMissing,
        TextTooLong { chars_max: 5 },
        AmountMissing,
        AmountUnreadable,
        AmountNegative,
        AmountPartOfFen,
        AmountZero,
        AmountTooLarge,
        DateMissing,
        DateUnreadable,
        DateImpossible,
        DateTooEarly,
        DateInFuture,
        DateTooLate,
        TextMissing,
        NameFormula,
        FormulaError,
        PriceTooFine,
        IntegerUnreadable,
        RatioUnreadable,
        RatioTooFine,
        RatioTooLarge,
        YesNoUnreadable,
        ChoiceUnknown { choices: &[] },
        ControlTotalUnreadable,
    ];
    let codes: std::collections::BTreeSet<&str> = all.iter().map(|refusal| refusal.code()).collect();
    assert_eq!(codes.len(), all.len());
    for refusal in all {
        assert!(refusal.message_en().ends_with('.') && refusal.message_zh().ends_with('。'));
    }
}

#[test]
fn days_count_from_either_epoch() {
    let read = |epoch| day("43856", epoch).map(|day| day.to_string());
    assert_eq!(read(Epoch::Year1900).as_deref(), Ok("2020-01-26"));
    assert_eq!(read(Epoch::Year1904).as_deref(), Ok("2024-01-27"));
    assert_eq!(day("2199-12-31", Epoch::Year1900).map(|day| day.to_string()).as_deref(), Ok("2199-12-31"));
    assert_eq!(day("2200-01-01", Epoch::Year1900), Err(DateTooLate));
}

#[test]
fn prices_are_read_to_the_fraction_of_a_fen() {
    let read = |text| price(text, Unit::Yuan, 4);
    let accepted = [("0.01", 10_000), ("0.005元", 5_000), ("0.000001", 1), ("1.2万", 12_000_000_000), ("0", 0)];
    for (text, parts) in accepted {
        assert_eq!(read(text), Ok(parts), "{text}");
    }
    assert_eq!(read("0.0000001"), Err(PriceTooFine));
    assert_eq!((read("-1"), read("x"), read("")), (Err(AmountNegative), Err(AmountUnreadable), Err(AmountMissing)));
}

#[test]
fn whole_numbers_are_read_however_they_are_written() {
    let accepted = [
        ("0", 0),
        ("1,200", 1_200),
        ("１２００", 1_200),
        ("1200.0", 1_200),
        ("1.2万瓶", 12_000),
        (" 12 瓶", 12),
        ("1.2E3", 1_200),
    ];
    for (text, number) in accepted {
        assert_eq!(integer(text), Ok(number), "{text}");
    }
    for text in ["1.5", "-1", "1,2", "x", "十二", "99999999999999999999"] {
        assert_eq!(integer(text), Err(IntegerUnreadable), "{text}");
    }
}

#[test]
fn shares_become_basis_points_or_are_refused_where_they_could_mean_two_things() {
    let accepted = [
        ("3%", Share::One, 300),
        ("３．２５％", Share::One, 325),
        ("3‰", Share::One, 30),
        ("0.03", Share::One, 300),
        (".03", Share::One, 300),
        ("0", Share::One, 0),
        ("300bp", Share::One, 300),
        ("300 bps", Share::One, 300),
        ("300个基点", Share::One, 300),
        ("100%", Share::One, 10_000),
        ("3", Share::Percent, 300),
        ("0.5%", Share::Percent, 50),
        ("3", Share::Permille, 30),
        ("300", Share::BasisPoint, 300),
        ("0.030000000000000002", Share::One, 300),
    ];
    for (text, share, points) in accepted {
        assert_eq!(basis_points(text, share), Ok(points), "{text}");
    }
    let refused = [
        ("3", Share::One, RatioUnreadable),
        ("1", Share::One, RatioUnreadable),
        ("0.03", Share::Percent, RatioUnreadable),
        ("三成", Share::One, RatioUnreadable),
        ("-3%", Share::One, RatioUnreadable),
        ("3.255%", Share::One, RatioTooFine),
        ("100.01%", Share::One, RatioTooLarge),
        ("1e30%", Share::One, RatioTooLarge),
        ("", Share::One, TextMissing),
    ];
    for (text, share, refusal) in refused {
        assert_eq!(basis_points(text, share), Err(refusal), "{text}");
    }
}

#[test]
fn few_values_and_yes_and_no_are_read_in_both_languages() {
    const KINDS: &[Choice] = &[
        Choice { value: "fixed", words: "固定 定额 一次性" },
        Choice { value: "share_of_sales", words: "销售分成 按销售额" },
    ];
    for (text, value) in
        [("FIXED", "fixed"), (" 定 额 ", "fixed"), ("Share of sales", "share_of_sales"), ("按销售额", "share_of_sales")]
    {
        assert_eq!(choice(text, KINDS), Ok(value), "{text}");
    }
    let unknown = choice("其他", KINDS).expect_err("it is none of them");
    assert_eq!(
        unknown.message_en(),
        "The value is not known here; accepted are 固定 (fixed), 销售分成 (share_of_sales)."
    );
    for (text, value) in
        [("是", true), ("Yes", true), ("１", true), ("TRUE", true), ("否", false), ("n", false), ("0", false)]
    {
        assert_eq!(yes_no(text), Ok(value), "{text}");
    }
    assert_eq!(yes_no("也许"), Err(YesNoUnreadable));
}

#[test]
fn a_formula_is_no_name() {
    for text in ["=A1", "＝A1", "+86样例", "-样例", "@SUM(A1)", "\u{200B}=1+1"] {
        let expected = if text == "＝A1" { Ok(text.to_owned()) } else { Err(NameFormula) };
        assert_eq!(name(text), expected, "{text}");
    }
    assert_eq!((name("#REF!"), name("Err:502")), (Err(FormulaError), Err(FormulaError)));
    assert_eq!(
        (name("-").as_deref(), name("--").as_deref(), name(" 样例 ").as_deref()),
        (Ok("-"), Ok("--"), Ok("样例"))
    );
}

/// The forms people and spreadsheets write one amount in.
fn forms(fen: i64) -> Vec<String> {
    let (yuan, part) = (fen / 100, fen % 100);
    let plain = format!("{yuan}.{part:02}");
    let full_width =
        plain.chars().map(|character| char::from_u32(u32::from(character) + 0xFEE0).expect("full width")).collect();
    vec![
        plain.clone(),
        full_width,
        yuan_text(fen),
        format!("  {}\t", yuan_text(fen).replace('¥', "")),
        format!("{plain}元"),
        format!("{}.{:06}万", fen / 1_000_000, fen % 1_000_000),
        format!("{fen}E-2"),
        format!("{plain}000002"),
    ]
}

proptest! {
    #[test]
    fn an_amount_survives_every_form_it_is_written_in(fen in 1..=AMOUNT_FEN_MAX) {
        for form in forms(fen) {
            prop_assert_eq!(amount_fen(&form, Unit::Yuan), Ok(fen), "{}", form);
        }
        prop_assert_eq!(amount_fen(&fen.to_string(), Unit::Fen), Ok(fen));
    }

    #[test]
    fn drift_below_a_millionth_of_a_yuan_is_repaired(fen in 1..=AMOUNT_FEN_MAX, drift in -100_i64..=100) {
        let hundred_millionths = i128::from(fen) * 1_000_000 + i128::from(drift);
        let (yuan, part) = (hundred_millionths / 100_000_000, hundred_millionths % 100_000_000);
        prop_assert_eq!(amount_fen(&format!("{yuan}.{part:08}"), Unit::Yuan), Ok(fen));
    }

    #[test]
    fn a_part_of_a_fen_beyond_drift_is_refused(fen in 1..=AMOUNT_FEN_MAX, part in 101_i64..=999_899) {
        let hundred_millionths = i128::from(fen) * 1_000_000 + i128::from(part);
        let (yuan, part) = (hundred_millionths / 100_000_000, hundred_millionths % 100_000_000);
        prop_assert_eq!(amount_fen(&format!("{yuan}.{part:08}"), Unit::Yuan), Err(AmountPartOfFen));
    }

    #[test]
    fn no_text_makes_a_cell_panic(text in "\\PC{0,40}", figures in "[-+0-9.,eE¥万元()年月日/: ]{0,24}") {
        for text in [text, figures] {
            let _ = amount_fen(&text, Unit::Wan);
            let _ = given_on(&text, Epoch::default(), today());
            let key = match_key(&text);
            prop_assert_eq!(match_key(&key), key);
            prop_assert_eq!(clean(&clean(&text)), clean(&text));
        }
    }

    #[test]
    fn a_day_survives_every_form_it_is_written_in(days in 18_264_u64..45_473) {
        let epoch = NaiveDate::from_ymd_opt(1899, 12, 30).expect("a day");
        let day = epoch + chrono::Days::new(days);
        for form in ["%Y-%m-%d", "%Y.%-m.%-d", "%Y/%m/%d", "%Y年%-m月%-d日", "%Y%m%d"] {
            prop_assert_eq!(given_on(&day.format(form).to_string(), Epoch::default(), today()), Ok(day));
        }
        prop_assert_eq!(given_on(&days.to_string(), Epoch::default(), today()), Ok(day));
    }
}
