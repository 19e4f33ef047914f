// Puts a button on the page that embeds it; the button opens Lobby in a frame. Nothing of the page is read.
(() => {
  const home = "__LOBBY__";
  const script = document.currentScript;
  const label = script?.dataset.label || "Ask about Keras";
  const language = script?.dataset.lang || "";
  const holder = document.createElement("div");
  const root = holder.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    button { position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; padding: 12px 18px; border: 0;
      border-radius: 24px; font: 600 15px/1.2 system-ui, sans-serif; color: #fff; background: #d00000; cursor: pointer;
      box-shadow: 0 4px 16px rgb(0 0 0 / 25%); }
    button:focus-visible { outline: 3px solid #1d5fd1; outline-offset: 2px; }
    iframe { position: fixed; right: 20px; bottom: 76px; z-index: 2147483000; width: min(420px, calc(100vw - 40px));
      height: min(640px, calc(100vh - 110px)); border: 1px solid #c9c9d0; border-radius: 12px; background: #fff;
      box-shadow: 0 8px 32px rgb(0 0 0 / 25%); }
    [hidden] { display: none; }`);
  root.adoptedStyleSheets = [sheet];
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.setAttribute("aria-expanded", "false");
  let frame = null;
  const show = (open) => {
    if (open && !frame) {
      frame = document.createElement("iframe");
      frame.src = home + "/widget" + (language ? "?lang=" + encodeURIComponent(language) : "");
      frame.title = label;
      root.append(frame);
    }
    if (frame) frame.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => show(!frame || frame.hidden));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && frame && !frame.hidden) {
      show(false);
      button.focus();
    }
  });
  root.append(button);
  document.body.append(holder);
})();
