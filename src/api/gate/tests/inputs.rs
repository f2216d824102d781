//! Values in variables and in documents.

use super::*;

#[tokio::test]
async fn nothing_runs_when_a_variable_is_wrong() {
    let toy = Toy::new();
    let document = "mutation($by: Int!) { bump bumpBy(by: $by) }";
    let rows = [
        (json!({}), "`$by` is missing; give a value of type Int!."),
        (json!({"by": null}), "`$by` is null; give a value of type Int!."),
        (
            json!({"by": "3"}),
            "`$by`: \"3\" is not a valid Int; give a whole number between -2147483648 and 2147483647.",
        ),
        (
            json!({"by": 3_000_000_000_u64}),
            "`$by`: 3000000000 is not a valid Int; give a whole number between -2147483648 and 2147483647.",
        ),
    ];
    for (variables, message) in rows {
        assert_eq!(toy.refusal(document, variables), format!("BAD_USER_INPUT: {message}"));
    }
    let document = "mutation($by: Int) { bump bumpBy(by: $by) }";
    assert_eq!(
        toy.refusal(document, json!({"by": null})),
        "BAD_USER_INPUT: `$by`: null is not accepted where it is used; leave it out."
    );
    assert_eq!(toy.bumps(), 0);
    let answer = toy.run(document, json!({})).await;
    assert_eq!(answer, json!({"data": {"bump": 1, "bumpBy": 2}}));
}

const PAY: &str = "mutation($input: PayInput!) { pay(input: $input) }";

fn pay(change: impl FnOnce(&mut Value)) -> Value {
    let mut input = json!({"amount": {"amount": "12.50", "currency": "CNY"}});
    change(&mut input);
    json!({"input": input})
}

#[test]
fn a_wrong_value_is_named_by_its_path() {
    let toy = Toy::new();
    let rows: [(Value, &str); 14] = [
        (
            pay(|input| input["amount"]["amount"] = json!(12.5)),
            "`$input.amount.amount`: 12.5 is a float; write the amount as a string, for instance \"12.50\", or as a whole number.",
        ),
        (
            pay(|input| input["amount"]["amount"] = json!("12.505")),
            "`$input.amount.amount`: \"12.505\" is not an amount; write at most 15 digits before and 2 after the point, for instance \"12.50\".",
        ),
        (
            pay(|input| input["amount"]["amount"] = json!(true)),
            "`$input.amount.amount`: true is not an amount; write at most 15 digits before and 2 after the point, for instance \"12.50\".",
        ),
        (
            pay(|input| input["amount"]["amount"] = json!(null)),
            "`$input.amount.amount` is null; give a value of type Decimal!.",
        ),
        (
            pay(|input| input["amount"]["currency"] = json!("USD")),
            "`$input.amount.currency`: \"USD\" is not a Currency; it is one of CNY, EUR.",
        ),
        (
            pay(|input| input["amount"] = json!({"currency": "CNY"})),
            "`$input.amount.amount` is missing; give a value of type Decimal!.",
        ),
        (
            pay(|input| input["amout"] = json!(1)),
            "`$input.amout` is not a field of PayInput; it has amount, on, at, target, tags, times.",
        ),
        (
            pay(|input| input["amount"] = json!("12")),
            "`$input.amount`: \"12\" is not a MoneyInput; give an object with its fields.",
        ),
        (
            pay(|input| input["on"] = json!("2026-02-30")),
            "`$input.on`: \"2026-02-30\" is not a day of the calendar; write it as \"2026-05-01\".",
        ),
        (
            pay(|input| input["on"] = json!("2026-2-3")),
            "`$input.on`: \"2026-2-3\" is not a day of the calendar; write it as \"2026-05-01\".",
        ),
        (
            pay(|input| input["at"] = json!("2026-02-03T08:00:00")),
            "`$input.at`: \"2026-02-03T08:00:00\" is not an instant of RFC 3339; write it with its offset, as \"2026-05-01T08:00:00Z\".",
        ),
        (
            pay(|input| input["target"] = json!({"user": "u1", "item": "i1"})),
            "`$input.target`: a TargetInput takes exactly one field, and not null.",
        ),
        (
            pay(|input| input["target"] = json!({"user": null})),
            "`$input.target`: a TargetInput takes exactly one field, and not null.",
        ),
        (pay(|input| input["tags"] = json!(["a", 1])), "`$input.tags.1`: 1 is not a valid String; give a string."),
    ];
    for (variables, message) in rows {
        assert_eq!(toy.refusal(PAY, variables), format!("BAD_USER_INPUT: {message}"));
    }
}

#[test]
fn a_wrong_literal_is_named_by_its_path() {
    let toy = Toy::new();
    let rows = [
        (
            "amount: {amount: 12.5, currency: CNY}",
            "BAD_USER_INPUT: `pay.input.amount.amount`: 12.5 is a float; write the amount as a string, for instance \"12.50\", or as a whole number.",
        ),
        (
            "amount: {amount: 1e3, currency: CNY}",
            "BAD_USER_INPUT: `pay.input.amount.amount`: 1e3 is a float; write the amount as a string, for instance \"12.50\", or as a whole number.",
        ),
        (
            "amount: {amount: \"1\", currency: CNY}, on: \"yesterday\"",
            "BAD_USER_INPUT: `pay.input.on`: \"yesterday\" is not a day of the calendar; write it as \"2026-05-01\".",
        ),
        (
            "amount: {amount: 1, currency: CNY}, at: 5",
            "BAD_USER_INPUT: `pay.input.at`: 5 is not an instant of RFC 3339; write it with its offset, as \"2026-05-01T08:00:00Z\".",
        ),
        (
            "amount: {amount: 1, currency: CNY}, target: {user: 1, item: 2}",
            "GRAPHQL_VALIDATION_FAILED: `pay.input.target`: a TargetInput takes exactly one field, not 2.",
        ),
    ];
    for (input, message) in rows {
        let document = format!("mutation {{ bump pay(input: {{{input}}}) }}");
        assert_eq!(toy.refusal(&document, json!({})), message);
    }
    let default = "query($on: Date = 5) { echo(on: $on) }";
    assert!(toy.refusal(default, json!({})).starts_with("BAD_USER_INPUT: `$on`: 5 is not a day"));
}

#[tokio::test]
async fn amounts_reach_the_resolver_as_they_were_written() {
    let toy = Toy::new();
    for (amount, text) in [
        (json!("12.50"), "12.50"),
        (json!(12), "12"),
        (json!("-0.1"), "-0.1"),
        (json!("999999999999999.99"), "999999999999999.99"),
        (json!(-999_999_999_999_999_i64), "-999999999999999"),
    ] {
        let variables = pay(|input| {
            input["amount"]["amount"] = amount.clone();
            input["tags"] = json!("one");
            input["target"] = json!({"item": "i1"});
        });
        let answer = toy.run(PAY, variables).await;
        assert_eq!(answer["data"]["pay"], json!(format!("{text} CNY   i1 one 7")));
    }
    for amount in ["1.", ".5", "1.234", "+1", "1e3", "", "1234567890123456", "１"] {
        let variables = pay(|input| input["amount"]["amount"] = json!(amount));
        assert!(toy.admit(PAY, variables).is_err(), "{amount}");
    }
}

#[tokio::test]
async fn an_absent_variable_leaves_the_default_of_the_argument() {
    let toy = Toy::new();
    let document = "query($b: Int) { add(a: 1, b: $b) }";
    assert_eq!(toy.run(document, json!({})).await, json!({"data": {"add": 11}}));
    assert_eq!(toy.run(document, json!({"b": 2})).await, json!({"data": {"add": 3}}));
}
