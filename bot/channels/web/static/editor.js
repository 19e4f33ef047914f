// Code is edited in CodeMirror where there is script. The text area that the page came with stays: it is what is sent,
// what other scripts read and write, and what is edited without.

const STYLE = {
  "&": { fontSize: "0.9063rem", color: "var(--text)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontVariantLigatures: "none", lineHeight: "1.6", minHeight: "var(--least, 12rem)", maxHeight: "70vh" },
  ".cm-content": { padding: "1rem 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 1.1rem 0 0.9rem" },
  ".cm-gutters": { color: "var(--soft)", backgroundColor: "var(--panel)", borderRight: "1px solid var(--rule)" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "3.1rem", padding: "0 0.75rem" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--focus) 6%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--focus) 28%, transparent)",
  },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-failed": { backgroundColor: "var(--accent-wash)" },
  ".cm-gutterElement.cm-failed": { color: "var(--on-accent)", backgroundColor: "var(--accent)" },
};

function colours({ HighlightStyle, tags }) {
  const say = (tag, name, more) => ({ tag, color: `var(--code-${name})`, ...more });
  return HighlightStyle.define([
    say(tags.comment, "comment", { fontStyle: "italic" }),
    say([tags.keyword, tags.operatorKeyword, tags.self, tags.bool, tags.null, tags.atom], "keyword"),
    say([tags.definition(tags.variableName), tags.className, tags.standard(tags.name), tags.meta], "name"),
    say([tags.string, tags.special(tags.string)], "string"),
    say(tags.number, "number"),
  ]);
}

/** Marks one line, as the one that failed, in the text and in the gutter. */
function marker({ StateEffect, StateField, Decoration, RangeSet, GutterMarker, gutterLineClass, EditorView }) {
  const mark = StateEffect.define();
  const line = Decoration.line({ class: "cm-failed" });
  const gutter = new (class extends GutterMarker {
    elementClass = "cm-failed";
  })();
  const nothing = { lines: Decoration.none, gutter: RangeSet.empty };
  const field = StateField.define({
    create: () => nothing,
    update(value, { effects, docChanged, state }) {
      const told = effects.find((effect) => effect.is(mark));
      if (!told) return docChanged ? nothing : value;
      if (told.value < 1 || told.value > state.doc.lines) return nothing;
      const { from } = state.doc.line(told.value);
      return { lines: Decoration.set([line.range(from)]), gutter: RangeSet.of([gutter.range(from)]) };
    },
    provide: (own) => [
      EditorView.decorations.from(own, (value) => value.lines),
      gutterLineClass.from(own, (value) => value.gutter),
    ],
  });
  return { mark, field };
}

/** Types over a selection. The browser would do so by copying colours as inline styles, which the policy forbids. */
function typeOver(event, view) {
  if (event.inputType !== "insertText" || !event.data || view.state.selection.ranges.every((range) => range.empty)) return false;
  event.preventDefault();
  view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
  return true;
}

function setUp(editor, mirror) {
  const { EditorState, EditorView, keymap } = mirror;
  const area = editor.querySelector("textarea");
  const label = editor.querySelector("label");
  const host = document.createElement("div");
  // Within a shadow, the styles that CodeMirror makes are no inline styles, which the pages' policy forbids.
  const root = host.attachShadow({ mode: "open" });
  const { mark, field } = marker(mirror);
  const send = () => {
    area.form.requestSubmit();
    return true;
  };
  const described = document.getElementById(area.getAttribute("aria-describedby"))?.textContent.trim();
  const named = { "aria-label": label.textContent.trim(), autocapitalize: "off", autocorrect: "off", spellcheck: "false", tabindex: "0" };

  editor.append(host);
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        mirror.lineNumbers(),
        mirror.history(),
        mirror.drawSelection(),
        mirror.highlightActiveLine(),
        mirror.bracketMatching(),
        mirror.indentOnInput(),
        mirror.indentUnit.of("    "),
        EditorState.tabSize.of(4),
        mirror.StreamLanguage.define(mirror.python),
        mirror.syntaxHighlighting(colours(mirror)),
        keymap.of([{ key: "Mod-Enter", run: send }, mirror.indentWithTab, ...mirror.defaultKeymap, ...mirror.historyKeymap]),
        EditorView.contentAttributes.of(described ? { ...named, "aria-description": described } : named),
        EditorView.theme(STYLE),
        EditorView.domEventHandlers({ beforeinput: typeOver }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) area.value = update.state.doc.toString();
        }),
        field,
      ],
    }),
  });

  // Nobody meets the text area any more; what is empty is refused with words, by the runner.
  label.removeAttribute("for");
  area.required = false;
  area.tabIndex = -1;
  area.setAttribute("aria-hidden", "true");
  editor.classList.add("live");
  area.addEventListener("lobby:show", () => view.focus());
  // Whoever fills the text area says so.
  area.addEventListener("input", () => {
    const old = view.state.doc.toString();
    if (area.value !== old) view.dispatch({ changes: { from: 0, to: old.length, insert: area.value } });
  });
  // Only the result of what stands in this editor marks a line in it.
  document.addEventListener("lobby:result", ({ detail }) => {
    if (detail.zone.id !== area.form.dataset.zone) return;
    view.dispatch({ effects: mark.of(Number(detail.result.dataset.errorLine || 0)) });
  });
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

const editors = [...document.querySelectorAll("[data-editor]")];
const draft = takeDraft();
if (editors.length) {
  const [area] = editors.map((editor) => editor.querySelector("textarea"));
  if (draft && location.pathname === "/playground" && !location.search) area.value = draft;
  import(editors[0].dataset.editor).then((mirror) => editors.forEach((editor) => setUp(editor, mirror)));
}
