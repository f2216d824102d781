//! Amounts in capital numerals, as vouchers, notices and confirmations in Chinese have them: 壹仟贰佰元整.

use super::Fen;

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
/// Thousands, hundreds, tens, ones of a group of four digits.
const PLACES: [(u64, &str); 4] = [(1000, "仟"), (100, "佰"), (10, "拾"), (1, "")];
/// The groups of four digits that an `i64` of fen can have, the largest first.
const GROUPS: [(u64, &str); 5] =
    [(10_000_000_000_000_000, "兆"), (1_000_000_000_000, "万亿"), (100_000_000, "亿"), (10_000, "万"), (1, "")];

impl Fen {
    /// The amount in capital numerals; one 零 stands for any number of zeros between digits.
    pub fn capital(self) -> String {
        let fen = self.0.unsigned_abs();
        let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
        let mut text = String::from(if self.0 < 0 { "负" } else { "" });
        if yuan > 0 {
            whole(&mut text, yuan);
            text.push('元');
        }
        let digit = |digit: u64| DIGITS[usize::try_from(digit).expect("one digit")];
        match (yuan, jiao, fen) {
            (0, 0, 0) => text.push_str("零元整"),
            (_, 0, 0) => text.push('整'),
            (_, jiao, 0) => text.extend([digit(jiao), "角整"]),
            (0, 0, fen) => text.extend([digit(fen), "分"]),
            (_, 0, fen) => text.extend(["零", digit(fen), "分"]),
            (_, jiao, fen) => text.extend([digit(jiao), "角", digit(fen), "分"]),
        }
        text
    }
}

fn whole(text: &mut String, yuan: u64) {
    // Whether a digit has been written, and whether zeros were passed over since.
    let (mut begun, mut gap) = (false, false);
    for (size, name) in GROUPS {
        let group = yuan / size % 10_000;
        for (place, unit) in PLACES {
            let digit = usize::try_from(group / place % 10).expect("one digit");
            if digit == 0 {
                gap = begun;
                continue;
            }
            if gap {
                text.push('零');
            }
            text.extend([DIGITS[digit], unit]);
            (begun, gap) = (true, false);
        }
        if group > 0 {
            text.push_str(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_a_cashier_writes_them() {
        for (fen, capital) in [
            (0, "零元整"),
            (1, "壹分"),
            (5, "伍分"),
            (10, "壹角整"),
            (57, "伍角柒分"),
            (100, "壹元整"),
            (105, "壹元零伍分"),
            (1_000, "壹拾元整"),
            (1_050, "壹拾元伍角整"),
            (168_032, "壹仟陆佰捌拾元叁角贰分"),
            (140_950, "壹仟肆佰零玖元伍角整"),
            (600_714, "陆仟零柒元壹角肆分"),
            (1_000_000, "壹万元整"),
            (1_000_100, "壹万零壹元整"),
            (1_010_000, "壹万零壹佰元整"),
            (4_700_000, "肆万柒仟元整"),
            (10_000_000, "壹拾万元整"),
            (10_700_053, "壹拾万零柒仟元伍角叁分"),
            (100_010_001, "壹佰万零壹佰元零壹分"),
            (10_000_000_000, "壹亿元整"),
            (10_000_000_100, "壹亿零壹元整"),
            (10_203_040_506, "壹亿零贰佰零叁万零肆佰零伍元零陆分"),
            (Fen::MAX.0, "壹仟亿元整"),
            (-250, "负贰元伍角整"),
        ] {
            assert_eq!(Fen(fen).capital(), capital, "{fen}");
        }
        assert!(Fen(i64::MAX).capital().starts_with("玖兆"));
    }
}
