// Makes the pages livelier; everything here also works without it, as plain forms and links.

const FRAGMENT = "Lobby-Fragment";
const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const WORDS = JSON.parse(document.body.dataset.words);

/** A sentence in the page's language, its places filled in. */
function say(name, values = {}) {
  return WORDS[name].replace(/\{(\w+)\}/g, (_, place) => values[place]);
}

/** Tells people who listen instead of look. */
function announce(text) {
  find("#announcer").textContent = text;
}

/** A sentence as a problem box, built without parsing HTML. */
function problemBox(sentence) {
  const box = document.createElement("div");
  const line = document.createElement("p");
  box.className = "problem";
  box.setAttribute("role", "alert");
  line.className = "problem-what";
  line.textContent = sentence;
  box.append(line);
  return box;
}

/** Sends a form, or fetches an address, and returns one part of a page as nodes. */
async function part(name, address, form, submitter) {
  const options = { headers: { [FRAGMENT]: name } };
  if (form) {
    options.method = "POST";
    options.body = new URLSearchParams(new FormData(form, submitter));
  }
  try {
    const response = await fetch(address, options);
    const type = response.headers.get("content-type") || "";
    if (!type.startsWith("text/html")) throw new Error(type);
    const holder = document.createElement("template");
    holder.innerHTML = await response.text();
    return { ok: response.ok, nodes: holder.content, url: response.url };
  } catch {
    return { ok: false, nodes: problemBox(say("site.unreachable")), url: "" };
  }
}

// ---- Questions

let shown = location.search;

async function ask(form) {
  const zone = find("#answer");
  const button = find("button", form);
  const question = new FormData(form).get("question").trim();
  if (!question) return;
  hideFound(form);
  zone.setAttribute("aria-busy", "true");
  button.disabled = true;
  zone.dispatchEvent(new Event("lobby:abandon"));
  const { ok, nodes } = await part("answer", form.action, form);
  zone.replaceChildren(nodes);
  zone.removeAttribute("aria-busy");
  button.disabled = false;
  document.body.classList.replace("fresh", "asked");
  enliven(zone);
  const panel = find("[data-follow]", zone);
  if (ok && panel) {
    // It was a program; it is running.
    announce(say("run.running"));
    await follow(panel, zone);
    return;
  }
  if (ok) {
    const heading = find("#answer-title", zone);
    const sure = find(".confidence", zone);
    announce([heading, sure].map((node) => node?.textContent.trim()).filter(Boolean).join(". "));
    // A long question would make an address that servers refuse.
    if (question.length <= 500 && !("stay" in form.dataset)) history.pushState(null, "", "/?q=" + encodeURIComponent(question));
    shown = location.search;
  }
  zone.scrollIntoView({ behavior: "smooth", block: "nearest" });
}

// ---- Pages found as one types

const TYPING_PAUSE_MS = 120;
const LEAST_TYPED = 3;
const MOST_TYPED = 300;
let typing = 0;
let looking = null;

function hideFound(form) {
  clearTimeout(typing);
  looking?.abort();
  const place = find("[data-typed]", form);
  if (place) place.hidden = true;
}

async function lookUp(field) {
  const place = find("[data-typed]", field.form);
  const text = field.value.trim();
  looking?.abort();
  if (!place || text.length < LEAST_TYPED || text.length > MOST_TYPED || text.includes("\n")) {
    hideFound(field.form);
    return;
  }
  looking = new AbortController();
  try {
    const response = await fetch("/api/search?q=" + encodeURIComponent(text), { signal: looking.signal });
    if (!response.ok) return;
    const { sources } = await response.json();
    // Whoever is among the links already is not to lose their place.
    if (!place.contains(document.activeElement)) showFound(place, sources.slice(0, 6));
  } catch {
    // A newer letter has come, or the connection is gone: the answer will say so.
  }
}

function showFound(place, sources) {
  const list = document.createElement("ul");
  for (const source of sources) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const kind = document.createElement("span");
    link.href = placeOf(source);
    link.textContent = source.title;
    kind.className = "tag";
    kind.textContent = say("kind." + source.kind);
    item.append(link, kind);
    list.append(item);
  }
  place.replaceChildren(list);
  place.hidden = sources.length === 0;
  announce(sources.length ? say("home.found", { count: sources.length }) : say("home.nothing_yet"));
}

/** Where a source is read: here where there is a page of ours. */
function placeOf({ id, symbol, url }) {
  if (symbol) return "/docs/" + encodeURIComponent(symbol);
  if (url.startsWith("/learn#")) return "/learn/" + encodeURIComponent(id.slice(id.indexOf(":") + 1));
  return /^(\/(?!\/)|https?:)/.test(url) ? url : "/";
}

// ---- What people think of an answer

async function judge(form, submitter) {
  const { nodes } = await part("feedback", form.action, form, submitter);
  const box = document.createElement("div");
  box.append(nodes);
  const fresh = [...box.children];
  form.replaceWith(...fresh);
  announce(fresh[0]?.textContent.trim().split("\n")[0] ?? "");
  (find("button", fresh[0] ?? document) ?? find("#answer"))?.focus({ preventScroll: true });
}

window.addEventListener("popstate", () => {
  // Jumping within a page comes here too; only another question needs another page.
  if (location.search !== shown) location.reload();
});

// ---- Runs

async function run(form) {
  const zone = zoneOf(form);
  const button = find("button", find(".snippet-go", form) || form);
  button.disabled = true;
  zone.dispatchEvent(new Event("lobby:abandon"));
  const { ok, nodes } = await part("run", form.action, form);
  zone.replaceChildren(nodes);
  const panel = find("[data-follow]", zone);
  if (ok && panel) {
    zone.scrollIntoView({ behavior: "smooth", block: "nearest" });
    announce(say("run.running"));
    await follow(panel, zone);
  }
  button.disabled = false;
}

/** Where a form's result goes: a place on the page, or right under the code it belongs to. */
function zoneOf(form) {
  if (form.dataset.run === "below") return document.getElementById(form.dataset.zone);
  const block = form.closest("[data-code]");
  let zone = find(":scope > .zone-inline", block);
  if (!zone) {
    zone = document.createElement("div");
    zone.className = "zone-inline";
    block.append(zone);
  }
  return zone;
}

/** Shows a run as it goes, until it is done or another takes its place. */
function follow(panel, zone) {
  const id = panel.dataset.follow;
  const started = performance.now();
  const clock = setInterval(() => {
    find("[data-clock]", panel).textContent = ((performance.now() - started) / 1000).toFixed(1) + " s";
  }, 100);
  const stream = new EventSource(`/api/runs/${encodeURIComponent(id)}/events`);
  const losses = [];

  return new Promise((resolve) => {
    const end = () => {
      stream.close();
      clearInterval(clock);
      zone.removeEventListener("lobby:abandon", end);
      resolve();
    };
    const conclude = async () => {
      end();
      const { nodes } = await part("run", panel.dataset.then ?? `/r/${encodeURIComponent(id)}`);
      zone.replaceChildren(nodes);
      enliven(zone);
      const result = find("[data-result]", zone);
      announce(find("[data-verdict], [data-sentence]", zone)?.textContent.trim() || say("run.ended"));
      if (result) document.dispatchEvent(new CustomEvent("lobby:result", { detail: { result, zone } }));
    };
    zone.addEventListener("lobby:abandon", end);
    stream.addEventListener("output", (event) => showOutput(panel, JSON.parse(event.data)));
    stream.addEventListener("epoch", (event) => showEpoch(panel, JSON.parse(event.data), losses));
    stream.addEventListener("done", conclude);
    stream.addEventListener("error", () => {
      // The browser reconnects by itself and resumes where it was; only a refusal is final.
      if (stream.readyState === EventSource.CLOSED) conclude();
    });
  });
}

const MOST_SHOWN = 65536;

function showOutput(panel, { text }) {
  const output = find("[data-output]", panel);
  const atEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 20;
  output.hidden = false;
  output.append(text);
  if (/[━─═]|={5}|_{5}/.test(text)) output.classList.add("unwrapped");
  if (output.textContent.length > MOST_SHOWN) output.textContent = output.textContent.slice(-MOST_SHOWN / 2);
  if (atEnd) output.scrollTop = output.scrollHeight;
}

function showEpoch(panel, { epoch, epochs, metrics, seconds_left: left }, losses) {
  const progress = find("[data-progress]", panel);
  progress.hidden = false;
  const figures = Object.entries(metrics || {})
    .slice(0, 4)
    .map(([name, value]) => `${name} ${typeof value === "number" ? value.toPrecision(4) : "–"}`);
  const ahead = typeof left === "number" && left >= 1 ? [say("run.left", { seconds: Math.round(left) })] : [];
  const whole = say(epochs ? "run.epoch_of" : "run.epoch", { epoch, epochs });
  find("[data-progress-text]", panel).textContent = [whole, ...figures, ...ahead].join(" · ");
  const bar = find("progress", panel);
  if (epochs) bar.value = epoch / epochs;
  else bar.removeAttribute("value");
  if (typeof metrics?.loss === "number") losses.push(metrics.loss);
  drawSpark(find("[data-spark]", panel), losses, epochs || losses.length);
}

function drawSpark(picture, losses, epochs) {
  const known = losses.slice(-300);
  picture.toggleAttribute("hidden", known.length < 2);
  if (known.length < 2) return;
  const low = Math.min(...known);
  const span = Math.max(...known) - low || 1;
  const step = 300 / Math.max(known.length - 1, Math.min(epochs, 300) - 1);
  const points = known.map((loss, i) => `${(i * step).toFixed(1)} ${(56 - ((loss - low) / span) * 52).toFixed(1)}`);
  find("path", picture).setAttribute("d", "M" + points.join("L"));
}

async function stop(form) {
  find("button", form).disabled = true;
  find("[data-state]", form.closest("[data-follow]")).textContent = say("run.stopping");
  await part("stop", form.action, form);
}

// ---- Small things

async function copy(button) {
  const block = button.closest("[data-code]");
  const source = find("[data-source]", block)?.value ?? find("pre code", block).textContent;
  try {
    await navigator.clipboard.writeText(source);
    button.textContent = say("code.copied");
  } catch {
    const range = document.createRange();
    range.selectNodeContents(find("pre code", block));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    button.textContent = say("code.selected");
  }
  announce(button.textContent);
  setTimeout(() => (button.textContent = say("code.copy")), 1600);
}

/** Hands a block's program to the editor: the one on this page, or the playground's. */
function edit(link, event) {
  const source = find("[name=source]", link.closest("[data-code]")).value;
  const editor = find("#source");
  event.preventDefault();
  if (editor) {
    editor.value = source;
    editor.dispatchEvent(new Event("input", { bubbles: true }));
    editor.scrollIntoView({ behavior: "smooth", block: "center" });
    editor.focus({ preventScroll: true });
    editor.dispatchEvent(new Event("lobby:show"));
    return;
  }
  try {
    sessionStorage.setItem("lobby:draft", source);
  } catch {
    return;
  }
  location.href = "/playground";
}

/** Narrows the list of symbols down as one types. */
function filterSymbols(field) {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  let total = 0;
  for (const module of all("[data-module]")) {
    const prefix = find("code", module)?.textContent ?? "";
    let here = 0;
    for (const item of all("li", module)) {
      const name = `${prefix}.${item.textContent}`.toLowerCase();
      item.hidden = !words.every((word) => name.includes(word));
      here += item.hidden ? 0 : 1;
      total += 1;
    }
    module.hidden = here === 0;
    module.open = words.length > 0 && here > 0;
    find(".count", module).textContent = here;
    shown += here;
  }
  const line = find("[data-filter-count]");
  line.textContent = line.dataset.template.replace("%1", shown).replace("%2", total);
}

/** Lets a text area grow with its text where the style sheet alone cannot. */
function grow(area) {
  if (CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = area.scrollHeight + "px";
}

/** Switches on, within a part of the page, what only a script can do. */
function enliven(root) {
  for (const node of all("[data-copy], [data-edit]", root)) node.hidden = false;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const actions = { "[data-ask]": ask, "[data-run]": run, "[data-stop]": stop, "[data-feedback]": judge };
  const kind = Object.keys(actions).find((selector) => form.matches(selector));
  // Some buttons lead to a page of their own.
  if (!kind || event.submitter?.matches("[data-leave]")) return;
  event.preventDefault();
  actions[kind](form, event.submitter);
});

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-copy], [data-edit]");
  if (!target) return;
  if (target.matches("[data-copy]")) copy(target);
  else edit(target, event);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.isComposing && event.target.matches?.("[data-ask] textarea") && !event.shiftKey) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
  if (event.key === "Escape" && event.target.matches?.("[data-typing], [data-typed] a")) {
    const { form } = event.target.closest("form").question;
    hideFound(form);
    form.question.focus();
  }
  if (event.key === "/" && event.target === document.body && find("#question, #filter")) {
    event.preventDefault();
    find("#question, #filter").focus();
  }
});

document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.matches("[data-grow]")) grow(field);
  if (field.matches("[data-typing]")) {
    clearTimeout(typing);
    typing = setTimeout(lookUp, TYPING_PAUSE_MS, field);
  }
  if (field.matches("[data-filter] input") && find("[data-module]")) filterSymbols(field);
});

enliven(document);
all("[data-grow]").forEach(grow);
for (const panel of all("[data-follow]")) follow(panel, panel.parentElement);
