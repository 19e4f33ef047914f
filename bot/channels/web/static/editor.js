// A small editor: line numbers and colours lie under a plain text area, which stays what is edited and sent.

const TOKENS = new RegExp(
  [
    /(?<comment>#[^\n]*)/,
    /(?<string>[rbfuRBFU]{0,2}(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))/,
    /(?<number>\b(?:0[xob][\da-fA-F_]+|\d[\d_]*\.?[\d_]*(?:e[+-]?\d+)?)\b)/,
    /(?<defined>(?<=\b(?:def|class)\s+)\w+)/,
    /(?<keyword>\b(?:and|as|assert|async|await|break|case|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|match|nonlocal|not|or|pass|raise|return|try|while|with|yield|None|True|False)\b)/,
    /(?<builtin>\b(?:print|range|len|list|dict|set|tuple|int|float|str|bool|zip|map|sum|min|max|abs|sorted|enumerate|isinstance|super|open|input|type|self)\b|@\w[\w.]*)/,
  ]
    .map((part) => part.source)
    .join("|"),
  "g",
);
const CLASSES = { comment: "c1", string: "s2", number: "mi", defined: "nf", keyword: "k", builtin: "nb" };
const MOST_COLOURED = 40000;

function colour(text, paper) {
  const nodes = [];
  let at = 0;
  if (text.length <= MOST_COLOURED) {
    for (const match of text.matchAll(TOKENS)) {
      const kind = Object.keys(CLASSES).find((name) => match.groups[name] !== undefined);
      const span = document.createElement("span");
      span.className = CLASSES[kind];
      span.textContent = match[0];
      nodes.push(text.slice(at, match.index), span);
      at = match.index + match[0].length;
    }
  }
  nodes.push(text.slice(at) + "\n");
  paper.replaceChildren(...nodes);
}

function number(text, gutter, failed) {
  const count = text.split("\n").length;
  const nodes = [];
  for (let line = 1; line <= count; line += 1) {
    if (line === failed) {
      const mark = document.createElement("span");
      mark.className = "failed";
      mark.textContent = line;
      nodes.push(mark, "\n");
    } else {
      nodes.push(line + "\n");
    }
  }
  gutter.replaceChildren(...nodes);
}

/** Replaces a stretch of text so that undo still works. */
function replace(area, start, end, text) {
  area.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, text)) area.setRangeText(text, start, end, "end");
}

function lineStart(text, at) {
  return text.lastIndexOf("\n", at - 1) + 1;
}

function indent(area, back) {
  const { value, selectionStart: start, selectionEnd: end } = area;
  if (start === end && !back) {
    const column = start - lineStart(value, start);
    replace(area, start, end, " ".repeat(4 - (column % 4)));
    return;
  }
  const from = lineStart(value, start);
  const old = value.slice(from, end);
  const fresh = back ? old.replace(/^ {1,4}/gm, "") : old.replace(/^(?=[^\n])/gm, "    ");
  if (fresh === old) return;
  replace(area, from, end, fresh);
  const moved = fresh.length - old.length;
  if (start === end) area.setSelectionRange(Math.max(from, start + moved), Math.max(from, start + moved));
  else area.setSelectionRange(from, from + fresh.length);
}

function newline(area) {
  const { value, selectionStart: start, selectionEnd: end } = area;
  const line = value.slice(lineStart(value, start), start);
  const margin = /^ */.exec(line)[0];
  const deeper = /[:([{]\s*(?:#.*)?$/.test(line) ? "    " : "";
  const shallower = /^\s*(?:return|pass|break|continue|raise)\b/.test(line) ? margin.slice(4) : null;
  replace(area, start, end, "\n" + (shallower ?? margin + deeper));
}

function setUp(editor) {
  const area = editor.querySelector("textarea");
  const paper = document.createElement("pre");
  const gutter = document.createElement("div");
  let failed = 0;
  let leaving = false;
  paper.className = "paper hl";
  gutter.className = "gutter";
  for (const part of [paper, gutter]) part.setAttribute("aria-hidden", "true");
  area.before(gutter, paper);
  editor.classList.add("live");

  const draw = () => {
    colour(area.value, paper);
    number(area.value, gutter, failed);
  };

  area.addEventListener("input", () => {
    failed = 0;
    draw();
  });
  area.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      leaving = true;
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      area.form.requestSubmit();
    } else if (event.key === "Tab" && !leaving && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      indent(area, event.shiftKey);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      newline(area);
    }
    if (event.key !== "Shift") leaving = false;
  });
  area.addEventListener("blur", () => (leaving = false));

  // Only the result of what stands in this editor marks a line in it.
  document.addEventListener("lobby:result", ({ detail }) => {
    if (detail.zone.id !== area.form.dataset.zone) return;
    failed = Number(detail.result.dataset.errorLine || 0);
    draw();
  });

  const draft = takeDraft();
  if (draft && location.pathname === "/playground" && !location.search) area.value = draft;
  draw();
}

function takeDraft() {
  try {
    const draft = sessionStorage.getItem("lobby:draft");
    sessionStorage.removeItem("lobby:draft");
    return draft;
  } catch {
    return null;
  }
}

for (const editor of document.querySelectorAll("[data-editor]")) setUp(editor);
