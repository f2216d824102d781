//! The names columns go by in lists of gifts, in English and in Chinese.
//!
//! Invariants:
//! * a name is written as [`column_key`](super::header::column_key) writes it: lower case, no blanks, brackets, hyphens;
//! * no name belongs to two fields;
//! * the likeliest name of a field comes first: where a file has two, the earlier one is taken.

/// A field of a gift and the names its column goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// The field as the mapping file calls it.
    pub name: &'static str,
    /// The names, divided by blanks.
    synonyms: &'static str,
}

impl Field {
    /// The names, the likeliest first.
    pub fn synonyms(self) -> impl Iterator<Item = &'static str> {
        self.synonyms.split_whitespace()
    }

    /// A few of the names, in both languages, for a sentence.
    pub fn accepted(self) -> String {
        let english = self.synonyms().filter(|name| name.is_ascii()).take(2);
        let chinese = self.synonyms().filter(|name| !name.is_ascii()).take(4);
        english.chain(chinese).collect::<Vec<_>>().join(", ")
    }
}

pub(super) const GIVER: Field = Field {
    name: "giver",
    synonyms: "giver givername donor donorname 捐赠单位/姓名 捐款单位/姓名 捐赠单位/个人 \
        捐款单位/个人 捐赠者 捐款者 捐赠人 捐款人 捐赠方 捐款方 捐赠单位 捐款单位 \
        捐赠单位名称 捐款单位名称 捐赠者名称 捐赠人名称 捐赠方名称 捐赠者姓名 捐赠人姓名 \
        捐款人姓名 捐赠企业 捐款企业 爱心单位 爱心企业 爱心商家 共建单位 共建商家 商家名称 \
        商家 商户名称 商户 企业名称 单位/姓名 单位名称 单位 名称 姓名 merchant merchantname \
        organisation organization partner name",
};

pub(super) const AMOUNT: Field = Field {
    name: "amount",
    synonyms: "amount giftamount 捐赠金额 捐款金额 捐赠额 捐款额 到账金额 实收金额 \
        收入金额 资金金额 捐赠资金 捐赠款 捐款 金额 款额 数额",
};

pub(super) const DATE: Field = Field {
    name: "date",
    synonyms: "date givenon giftdate 捐赠日期 捐款日期 捐赠时间 捐款时间 到账日期 到账时间 收款日期 \
        收款时间 入账日期 交易日期 交易时间 日期 时间",
};

pub(super) const NOTE: Field = Field {
    name: "note",
    synonyms: "note notes purpose remark remarks memo comment 备注 说明 附言 用途 捐赠用途 捐款用途 \
        捐赠意向 捐款意向 捐赠意愿 定向 定向用途 指定用途 资金用途",
};

pub(super) const REFERENCE: Field = Field {
    name: "reference",
    synonyms: "reference ref referenceno transactionid transactionno receiptno voucherno 流水号 \
        交易流水号 交易流水 银行流水号 交易号 交易单号 订单号 单号 凭证号 票据号 票据号码 \
        收据号 收据编号 sourcefile sheetrow 来源文件 来源行",
};

pub(super) const CREDIT_CODE: Field = Field {
    name: "credit_code",
    synonyms: "creditcode uscc unifiedsocialcreditcode 统一社会信用代码 社会信用代码 信用代码 \
        统一信用代码 统一社会信用代码/税号 税号 纳税人识别号",
};

pub(super) const EXTERNAL_ID: Field = Field {
    name: "external_id",
    synonyms: "externalid giverid donorid partnerid merchantid 外部编号 捐赠者编号 捐赠人编号 \
        捐赠方编号 商家编号 商户编号 商户号 单位编号",
};
