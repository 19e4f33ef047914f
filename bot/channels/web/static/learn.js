// Which exercises somebody has solved, and what they wrote last, kept in this browser and nowhere else.

const PLACE = "lobby:learned";
const words = JSON.parse(document.body.dataset.words);

function learned() {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) || "{}");
    return { solved: kept.solved || {}, answers: kept.answers || {} };
  } catch {
    return { solved: {}, answers: {} };
  }
}

function keep(change) {
  try {
    const state = learned();
    change(state);
    localStorage.setItem(PLACE, JSON.stringify(state));
  } catch {
    // Full, or closed to us: the page works as it does for a newcomer.
  }
}

function showSolved() {
  const { solved } = learned();
  for (const form of document.querySelectorAll("[data-exercise]")) {
    form.querySelector("[data-solved]").hidden = !solved[form.dataset.exercise];
  }
  for (const line of document.querySelectorAll("[data-progress-of]")) {
    const count = Number(line.dataset.count);
    const done = Array.from({ length: count }, (_, i) => solved[`${line.dataset.progressOf}/${i + 1}`]).filter(Boolean).length;
    line.textContent = words["learn.progress"].replace("{done}", done).replace("{count}", count);
    line.hidden = done === 0;
    line.classList.toggle("all", done === count);
  }
}

function setUp(form) {
  const area = form.querySelector("textarea");
  const again = form.querySelector("[data-restart]");
  const fill = (text) => {
    area.value = text;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const kept = learned().answers[form.dataset.exercise];
  const isNew = area.value.trim() === area.dataset.starter.trim();
  if (kept && isNew) fill(kept);
  again.hidden = false;
  again.addEventListener("click", () => {
    fill(area.dataset.starter.trimEnd());
    keep((state) => delete state.answers[form.dataset.exercise]);
    area.dispatchEvent(new Event("lobby:show"));
  });
  form.addEventListener("submit", () => keep((state) => (state.answers[form.dataset.exercise] = area.value)));
}

/** Writes down what a check said. */
function note(zone) {
  const said = zone.querySelector("[data-verdict]")?.dataset.verdict;
  const form = document.querySelector(`[data-zone="${CSS.escape(zone.id)}"]`);
  if (said === "solved" && form) keep((state) => (state.solved[form.dataset.exercise] = true));
  showSolved();
}

document.querySelectorAll("form[data-exercise]").forEach(setUp);
document.addEventListener("lobby:result", ({ detail }) => note(detail.zone));
document.querySelectorAll("[data-verdict]").forEach((verdict) => note(verdict.closest(".zone")));
showSolved();
