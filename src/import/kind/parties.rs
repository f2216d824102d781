//! Merchants and partner units: each row registers a party, or completes one that is known.
//!
//! * A party is known by its credit code, then its number, then its name where the fund is; see [`who`].
//! * A row that says nothing new changes nothing; what is known is never replaced.
//!
//! [`who`]: super::super::who

use std::collections::HashSet;

use super::{Batch, Draft, Verdict, What, not_clear, told_of};
use crate::{
    error::Result,
    import::{
        column::{Cell, Column},
        list::Cells,
        who::{Identity, Met},
        word::Outcome,
    },
    party::{EXTERNAL_ID_MAX, NAME_MAX, PartyKind, credit_code},
};

/// The columns of a list of merchants or partner units.
pub const COLUMNS: &[Column] = &[
    Column::required(
        "giver",
        Cell::Name { chars_max: NAME_MAX },
        "商家名称 商户名称 店铺名称 店名 商家 商户 共建单位 共建单位名称 单位名称 企业名称 机构名称 爱心企业 \
         爱心商家 单位 名称",
        "name merchant merchantname partnerunit partner organisation organization company",
    ),
    Column::optional(
        "credit_code",
        Cell::Text { chars_max: credit_code::LENGTH * 2 },
        "统一社会信用代码 社会信用代码 信用代码 统一信用代码 统一社会信用代码/税号 税号 纳税人识别号",
        "creditcode uscc unifiedsocialcreditcode",
    ),
    Column::optional(
        "external_id",
        Cell::Text { chars_max: EXTERNAL_ID_MAX },
        "外部编号 商家编号 商户编号 商户号 单位编号 编号",
        "externalid merchantid partnerid id",
    ),
];

/// What a row says.
pub fn draft(cells: &mut Cells<'_>) -> Option<Draft> {
    let name = cells.name_needed("giver", NAME_MAX);
    let code = cells.text("credit_code", "", credit_code::LENGTH * 2);
    let external_id = cells.text("external_id", "", EXTERNAL_ID_MAX);
    let who = Identity::new(&name?, code.as_deref(), external_id);
    let digest = who.digest();
    Some(Draft { row_no: 0, who, amount_fen: 0, content: digest, bare: digest, reference: None, what: What::Party })
}

/// Registers or completes the parties of some rows.
pub async fn apply(batch: &mut Batch<'_>, kind: PartyKind, drafts: &[Draft]) -> Result<(Vec<Verdict>, Met)> {
    let wanted: Vec<&Identity> = drafts.iter().map(|draft| &draft.who).collect();
    let met = batch.meet(kind, &wanted).await?;
    // Several rows of a batch may mean one party: the first is what happens to it.
    let mut told = HashSet::new();
    let mut verdicts = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let found = match met.party(&draft.who) {
            Ok(found) => found,
            Err(why) => {
                verdicts.push(Verdict::refused(vec![not_clear(batch.names, draft, why)?]));
                continue;
            }
        };
        let is_first = told.insert(found.party);
        let filled = found.filled.as_ref().filter(|_| is_first);
        let words = if is_first { told_of(batch.names, draft, &draft.who.name, found) } else { vec![] };
        let outcome = match (is_first && found.is_new, filled) {
            (true, _) => Outcome::Created,
            (false, Some(_)) => Outcome::Changed,
            (false, None) => Outcome::Unchanged,
        };
        verdicts.push(Verdict { outcome, party: found.party, object: found.party.0.max(0), words });
    }
    Ok((verdicts, met))
}
