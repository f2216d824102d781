//! The parts of statements as files, and their columns, in both languages.

use crate::sheet::{Column, Label, Part};

pub(super) const fn label(en: &'static str, zh: &'static str) -> Label {
    Label { en, zh }
}

pub(super) const fn column(key: &'static str, en: &'static str, zh: &'static str) -> Column {
    Column { key, label: label(en, zh) }
}

pub(super) const ABOUT: Part = Part {
    key: "about",
    label: label("About", "说明"),
    columns: &[column("item", "Item", "项目"), column("value", "Value", "内容")],
};

pub(super) const SUMMARY: Part = Part {
    key: "summary",
    label: label("Summary", "汇总"),
    columns: &[
        column("asset", "Asset", "资产"),
        column("opening", "Opening unspent", "期初结余"),
        column("received", "Received", "本期收入"),
        column("paid", "Paid", "本期支出"),
        column("returned", "Returned", "支出退回"),
        column("refunded", "Refunded", "退还捐赠人"),
        column("lost", "Written off", "核销"),
        column("transferred", "To other funds", "转出至其他基金"),
        column("closing", "Closing unspent", "期末结余"),
        column("receivedCapital", "Received, in capitals", "本期收入大写"),
        column("closingCapital", "Closing, in capitals", "期末结余大写"),
    ],
};

pub(super) const GIFTS: Part = Part {
    key: "gifts",
    label: label("Gifts", "捐赠明细"),
    columns: &[
        column("receivedOn", "Received on", "到账日期"),
        column("fund", "Fund", "基金"),
        column("channel", "Channel", "渠道"),
        column("reference", "Reference", "流水号"),
        column("lot", "Lot", "批次号"),
        column("class", "Class", "性质"),
        column("asset", "Asset", "资产"),
        column("restriction", "Restriction", "限定用途"),
        column("amount", "Amount", "金额"),
        column("opening", "Opening unspent", "期初结余"),
        column("received", "Received", "本期收入"),
        column("paid", "Paid", "本期支出"),
        column("returned", "Returned", "支出退回"),
        column("refunded", "Refunded", "退还捐赠人"),
        column("lost", "Written off", "核销"),
        column("transferred", "To other funds", "转出至其他基金"),
        column("closing", "Closing unspent", "期末结余"),
    ],
};

pub(super) const MATRIX: Part = Part {
    key: "matrix",
    label: label("Gifts by project", "捐赠与项目对照"),
    columns: &[
        column("receivedOn", "Received on", "到账日期"),
        column("reference", "Reference", "流水号"),
        column("lot", "Lot", "批次号"),
        column("asset", "Asset", "资产"),
        column("project", "Project", "项目编号"),
        column("title", "Title", "项目名称"),
        column("spent", "Spent", "本期使用"),
        column("lost", "Written off", "核销"),
        column("waiting", "Allocated, unspent", "已拨付未使用"),
    ],
};

pub(super) const PROJECTS: Part = Part {
    key: "projects",
    label: label("Projects", "项目"),
    columns: &[
        column("asset", "Asset", "资产"),
        column("project", "Project", "项目编号"),
        column("title", "Title", "项目名称"),
        column("spent", "Spent", "本期使用"),
        column("lost", "Written off", "核销"),
        column("waiting", "Allocated, unspent", "已拨付未使用"),
    ],
};

pub(super) const EXPENSES: Part = Part {
    key: "expenses",
    label: label("Expenses", "支出明细"),
    columns: &[
        column("paidOn", "Paid on", "支付日期"),
        column("fund", "Fund", "基金"),
        column("project", "Project", "项目编号"),
        column("note", "What was bought", "内容"),
        column("asset", "Asset", "资产"),
        column("amount", "Whole amount", "支出金额"),
        column("part", "Of this giver", "其中本捐赠人"),
    ],
};

pub(super) const RESTRICTED: Part = Part {
    key: "restricted",
    label: label("Restrictions", "限定性与非限定性"),
    columns: &[
        column("asset", "Asset", "资产"),
        column("restriction", "Restriction", "限定性"),
        column("opening", "Opening", "期初"),
        column("closing", "Closing", "期末"),
    ],
};

pub(super) const INCOME: Part = Part {
    key: "income",
    label: label("Income", "收入来源"),
    columns: &[
        column("asset", "Asset", "资产"),
        column("giver", "Giver", "捐赠人类型"),
        column("class", "Class", "性质"),
        column("pledge", "Pledge", "认捐方式"),
        column("amount", "Amount", "金额"),
    ],
};

pub(super) const PURPOSES: Part = Part {
    key: "purposes",
    label: label("Spending by purpose", "按用途支出"),
    columns: &[
        column("asset", "Asset", "资产"),
        column("purpose", "Purpose", "用途"),
        column("amount", "Amount", "金额"),
    ],
};

pub(super) const SPENDING: Part = Part {
    key: "spending",
    label: label("Spending by project", "按项目支出"),
    columns: &[
        column("asset", "Asset", "资产"),
        column("project", "Project", "项目编号"),
        column("title", "Title", "项目名称"),
        column("amount", "Amount", "金额"),
    ],
};

pub(super) const LEVERAGE: Part = Part {
    key: "leverage",
    label: label("Leverage", "撬动"),
    columns: &[
        column("own", "Spent of gifts (denominator)", "基金捐赠支出（分母）"),
        column("copay", "Residents' own part, through the fund", "居民自筹（经基金）"),
        column("external", "Paid beside the fund, with evidence", "基金外投入（有凭证）"),
        column("total", "All of it (numerator)", "合计（分子）"),
        column("ratio", "Leverage, rounded down", "撬动比（舍去）"),
    ],
};

pub(super) const FUNDS: Part = Part {
    key: "funds",
    label: label("Funds", "各基金"),
    columns: &[
        column("fund", "Fund", "基金编号"),
        column("name", "Name", "基金名称"),
        column("opening", "Opening", "期初"),
        column("closing", "Closing", "期末"),
    ],
};

pub(super) const DAYS: Part = Part {
    key: "days",
    label: label("Days", "逐日"),
    columns: &[
        column("day", "Day", "日期"),
        column("incoming", "In", "收"),
        column("outgoing", "Out", "付"),
        column("control", "Control account", "总账"),
        column("funds", "Funds together", "各基金合计"),
        column("bank", "Bank", "银行"),
        column("notInBooks", "At the bank, not in the books", "银行已记账、账簿未记"),
        column("notAtBank", "In the books, not at the bank", "账簿已记、银行未记账"),
        column("onItsWay", "Matched, of another day", "已勾对、日期不同"),
    ],
};
