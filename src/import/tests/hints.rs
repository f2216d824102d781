//! What the words of a gift tell beyond its cells.

use super::*;

#[test]
fn a_gift_that_was_passed_on_has_a_payer_and_a_giver() {
    let told = [
        ("占位物流转来演示食府捐款", Some(("占位物流", "演示食府"))),
        ("占位物流 转来 演示食府的捐款", Some(("占位物流", "演示食府"))),
        ("占位协会转交样例（北方）公司捐赠资金", Some(("占位协会", "样例（北方）公司"))),
        ("占位协会代收样例食品善款", Some(("占位协会", "样例食品"))),
        ("占位物流转来演示食府", None),
        ("转来演示食府捐款", None),
        ("占位物流转来捐款", None),
        ("时代样例公司捐款", None),
        ("甲样例转来乙样例转来丙样例捐款", None),
        ("", None),
    ];
    for (name, parts) in told {
        let expected = parts.map(|(payer, giver)| PassedOn { payer: payer.to_owned(), giver: giver.to_owned() });
        assert_eq!(passed_on(name), expected, "{name}");
    }
}

#[test]
fn a_note_that_divides_a_gift_to_the_fen_is_a_suggestion() {
    let parts = divided("甲院 55万，乙院、丙院、丁院各15万", 100_000_000).expect("it adds up");
    let told: Vec<(&str, i64)> = parts.iter().map(|part| (part.purpose.as_str(), part.amount_fen)).collect();
    assert_eq!(told, [("甲院", 55_000_000), ("乙院", 15_000_000), ("丙院", 15_000_000), ("丁院", 15_000_000)]);
    assert_eq!(divided("助老：1,200元；助学：0.5万", 620_000).map(|parts| parts.len()), Some(2));
    let none = [
        ("甲院 55万，乙院、丙院、丁院各15万", 100_000_001),
        ("甲院、乙院 50万", 50_000_000),
        ("甲院 100万", 100_000_000),
        ("用于甲院", 100_000_000),
        ("甲院 50万，其余待定", 100_000_000),
        ("", 0),
    ];
    for (note, fen) in none {
        assert_eq!(divided(note, fen), None, "{note}");
    }
}
