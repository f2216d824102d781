// The page on which a person tries a query. No library; the token never leaves the tab but with a query.
"use strict";

const zh = (navigator.languages || [navigator.language]).map((tag) => tag.slice(0, 2).toLowerCase())
  .find((tag) => tag === "zh" || tag === "en") === "zh";
const say = (en, inChinese) => (zh ? inChinese : en);
const at = (id) => document.getElementById(id);
const [examples, token, hint, query, variables, run, status, errors, answer] =
  ["examples", "token", "hint", "query", "variables", "run", "status", "errors", "answer"].map(at);
const offered = JSON.parse(at("example-data").textContent);
const TOKEN_KEY = "cobuild-token";

function translate() {
  if (!zh) return;
  document.documentElement.lang = "zh-CN";
  for (const element of document.querySelectorAll("[data-zh]")) element.textContent = element.dataset.zh;
}

function offer() {
  offered.forEach((example, index) => examples.add(new Option(example.title, String(index))));
  examples.addEventListener("change", () => choose(offered[Number(examples.value)]));
  choose(offered[0]);
}

function choose(example) {
  query.value = example.query;
  variables.value = JSON.stringify(example.variables ?? {}, null, 2);
  hint.textContent = example.tokenHint ?? "";
  if (example.token) {
    token.value = example.token;
    keepToken();
  }
}

function keepToken() {
  try {
    sessionStorage.setItem(TOKEN_KEY, token.value.trim());
  } catch {
    // A browser that forbids storage forgets the token with the page, which is no harm.
  }
}

function recallToken() {
  try {
    token.value = sessionStorage.getItem(TOKEN_KEY) ?? "";
  } catch {
    token.value = "";
  }
  token.addEventListener("input", keepToken);
}

function complain(messages) {
  errors.replaceChildren(...messages.map((message) => {
    const item = document.createElement("li");
    item.textContent = message;
    return item;
  }));
  errors.hidden = messages.length === 0;
}

function sentence(error) {
  const code = error.extensions?.code;
  const path = error.path ? ` (${error.path.join(".")})` : "";
  return (code ? `${code}: ` : "") + error.message + path;
}

// What a mutation refuses stands in its payload, wherever that is.
function refusals(value) {
  if (value === null || typeof value !== "object") return [];
  const own = Array.isArray(value.userErrors) ? value.userErrors : [];
  const told = own.filter((error) => error && error.message)
    .map((error) => [error.code, (error.field ?? []).join("."), error.message].filter(Boolean).join(" · "));
  return told.concat(...Object.entries(value).filter(([key]) => key !== "userErrors").map(([, one]) => refusals(one)));
}

async function send(values) {
  const headers = { "Content-Type": "application/json", Accept: "application/graphql-response+json" };
  if (token.value.trim()) headers.Authorization = `Bearer ${token.value.trim()}`;
  const body = JSON.stringify({ query: query.value, variables: values });
  const began = performance.now();
  const response = await fetch("graphql", { method: "POST", headers, body });
  const text = await response.text();
  const spent = Math.round(performance.now() - began);
  status.textContent = `HTTP ${response.status} · ${spent} ms · ${new Blob([text]).size} B`;
  try {
    const result = JSON.parse(text);
    answer.textContent = JSON.stringify(result, null, 2);
    complain((result.errors ?? []).map(sentence).concat(refusals(result.data)));
  } catch {
    answer.textContent = text;
    complain([say("The answer is no JSON.", "返回的不是 JSON。")]);
  }
}

async function execute() {
  if (run.disabled) return;
  complain([]);
  let values;
  try {
    values = variables.value.trim() ? JSON.parse(variables.value) : {};
  } catch (error) {
    complain([say("The variables are no JSON: ", "变量不是有效的 JSON：") + error.message]);
    variables.focus();
    return;
  }
  run.disabled = true;
  status.textContent = say("Running…", "运行中…");
  try {
    await send(values);
  } catch {
    status.textContent = "";
    complain([say("The server cannot be reached.", "无法连接服务器。")]);
  } finally {
    run.disabled = false;
  }
}

translate();
recallToken();
offer();
run.addEventListener("click", execute);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    execute();
  }
});
