//! Names as they are compared: the same shop is written in full width, in brackets of five kinds, and
//! with spaces that nobody sees.
//!
//! What Unicode's NFKC does to these few classes, by hand, and a little more:
//! * full-width ASCII (`Ａ`, `１`, `（`) becomes half-width;
//! * every kind of bracket becomes `(` or `)`;
//! * ASCII letters become small;
//! * whitespace, zero-width and control characters are dropped.

/// `name` as it is compared and searched.
pub fn name_key(name: &str) -> String {
    name.chars().filter_map(fold).collect()
}

/// How far full-width ASCII lies above ASCII.
const WIDTH: u32 = 0xFF01 - 0x21;

fn fold(c: char) -> Option<char> {
    let folded = match c {
        // Zero-width space, joiners and marks, word joiner, byte order mark, soft hyphen, variation selectors.
        '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{AD}' | '\u{FE00}'..='\u{FE0F}' => {
            return None;
        }
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - WIDTH)?,
        other => other,
    };
    match folded {
        unseen if unseen.is_whitespace() || unseen.is_control() => None,
        '[' | '{' | '【' | '〔' | '〖' | '〘' | '〚' | '「' | '『' | '〈' | '《' | '﹙' => Some('('),
        ']' | '}' | '】' | '〕' | '〗' | '〙' | '〛' | '」' | '』' | '〉' | '》' | '﹚' => Some(')'),
        other => Some(other.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_have_one_key() {
        let rows = [
            ("建设路(东)店", "建设路(东)店"),
            ("建设路（东）店", "建设路(东)店"),
            ("建设路【东】店", "建设路(东)店"),
            (" 建设路\u{3000}[东] 店\u{200B}", "建设路(东)店"),
            ("ＡＢｃ Café １２", "abccafé12"),
            ("\u{FEFF}Abc\tcafé\u{A0}12", "abccafé12"),
            ("", ""),
        ];
        for (name, key) in rows {
            assert_eq!(name_key(name), key, "{name:?}");
        }
    }
}
